using NemotronH.Caching;
using NemotronH.Kernels.Cuda;
using static TorchSharp.torch;

namespace NemotronH.Generation.Recorded;

/// <summary>
/// The rows of decode steps, on the device at addresses that do not move: which sequence each row is, its next token, how it is sampled and when it
/// ends. Kernels read and advance them; the host writes them where the batch changes.
/// </summary>
internal sealed class StepState : IDisposable
{
    /// <summary>Steps that the ring of tokens holds.</summary>
    public const int RingSize = 64;

    private const int NoToken = -1;

    private readonly ModelCache _cache;
    private readonly CachedSequence _padding;
    private readonly int[] _pagesUploaded;
    private int _pagesHeldBack;

    /// <summary>Allocates the rows and takes a sequence of the cache for rows that stand empty.</summary>
    /// <param name="cache">The model's caches, with a slot to spare.</param>
    /// <param name="maxBatch">Rows of the largest batch.</param>
    public StepState(ModelCache cache, int maxBatch)
    {
        Device device = cache.Options.Device;
        _cache = cache;
        MaxBatch = maxBatch;
        PagesPerSequence = cache.Options.PagesPerSequence;
        _pagesUploaded = new int[cache.Options.MaxSequences];
        _padding = cache.Add();
        try
        {
            cache.Reserve(_padding, 1);
            _pagesHeldBack = _padding.Pages.Count;
            cache.PagesHeldBack += _pagesHeldBack;
            Rows = SequenceRows.Padding(maxBatch, DecodeRow.MaxEndTokens, DummySlot, device);
            Sampling = SamplingRows.Greedy(maxBatch, device);
            Sampled = zeros([maxBatch], ScalarType.Int32, device).DetachFromDisposeScope();
            Ring = zeros([(long)RingSize * maxBatch], ScalarType.Int32, device).DetachFromDisposeScope();
            Step = zeros([1], ScalarType.Int32, device).DetachFromDisposeScope();
            PageTable = zeros([cache.Options.MaxSequences, PagesPerSequence], ScalarType.Int32, device).DetachFromDisposeScope();
            Upload(_padding);
        }
        catch
        {
            Dispose();
            throw;
        }
    }

    /// <summary>Rows of the largest batch.</summary>
    public int MaxBatch { get; }

    /// <summary>Entries of the page table for each slot.</summary>
    public int PagesPerSequence { get; }

    /// <summary>The slot of rows that stand empty.</summary>
    public int DummySlot => _padding.Slot;

    /// <summary>Sequences, tokens, positions and ends of all rows.</summary>
    public SequenceRows Rows { get; }

    /// <summary>How all rows are sampled.</summary>
    public SamplingRows Sampling { get; }

    /// <summary>[max batch] int32: the tokens that a step chose.</summary>
    public Tensor Sampled { get; }

    /// <summary>[ring size · max batch] int32: the tokens of the last steps; a batch size has the first ring size · rows of it as its own ring.</summary>
    public Tensor Ring { get; }

    /// <summary>[1] int32: steps done.</summary>
    public Tensor Step { get; }

    /// <summary>[slots, pages per sequence] int32.</summary>
    public Tensor PageTable { get; }

    /// <summary>Writes the rows of a batch; those beyond stand empty.</summary>
    /// <param name="batch">Rows of the step.</param>
    /// <param name="rows">Sequences, no more than the step's rows.</param>
    public void Write(int batch, IReadOnlyList<DecodeRow> rows)
    {
        foreach (DecodeRow row in rows)
        {
            Upload(row.Sequence);
        }

        CopyInts(Rows.Slots, row => row.Sequence.Slot, DummySlot);
        CopyInts(Rows.TokenIds, row => row.Token, 0);
        CopyInts(Rows.Positions, row => row.Sequence.Length, 0);
        CopyInts(Rows.Finished, _ => (int)SequenceState.Running, (int)SequenceState.Running);
        CopyInts(Rows.Limits, row => row.Limit, 1);
        CopyInts(Sampling.TopK, row => row.Sampling.TopK, 0);
        Copy(Sampling.Temperature, row => row.Sampling.Temperature, 0.0);
        Copy(Sampling.TopP, row => row.Sampling.TopP, 1.0);
        Copy(Sampling.MinP, row => row.Sampling.MinP, 0.0);
        Copy(Sampling.Seed, row => (long)row.Seed, 0L);
        Copy(Sampling.Draws, row => row.Draws, 0L);
        CopyEndTokens(batch, rows);

        void CopyInts(Tensor target, Func<DecodeRow, int> value, int empty) => Copy(target, value, empty);

        void Copy<T>(Tensor target, Func<DecodeRow, T> value, T empty)
            where T : unmanaged
        {
            var values = new T[batch];
            for (int i = 0; i < batch; i++)
            {
                values[i] = i < rows.Count ? value(rows[i]) : empty;
            }

            CopyTo(target, values, batch);
        }
    }

    /// <summary>Brings the pages that a sequence got since into the table.</summary>
    /// <param name="sequence">The sequence; its pages reach as far as the steps to come.</param>
    public void Upload(CachedSequence sequence)
    {
        using var scope = NewDisposeScope();
        int[] pages = [.. sequence.Pages];

        // Behind the step under way, which the host does not wait for: what is copied is taken over at once.
        PageTable[sequence.Slot].narrow(0, 0, pages.Length).copy_(tensor(pages), nonBlocking: true);
        _pagesUploaded[sequence.Slot] = pages.Length;
    }

    /// <summary>Brings the pages that a sequence got since into the table, if it got any.</summary>
    /// <param name="sequence">A sequence that was written before.</param>
    public void UploadNewPages(CachedSequence sequence)
    {
        if (sequence.Pages.Count != _pagesUploaded[sequence.Slot])
        {
            Upload(sequence);
        }
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        _cache.Remove(_padding);
        _cache.PagesHeldBack -= _pagesHeldBack;
        _pagesHeldBack = 0;
        Rows?.Dispose();
        Sampling?.Dispose();
        Sampled?.Dispose();
        Ring?.Dispose();
        Step?.Dispose();
        PageTable?.Dispose();
    }

    private void CopyEndTokens(int batch, IReadOnlyList<DecodeRow> rows)
    {
        var tokens = new int[batch * DecodeRow.MaxEndTokens];
        Array.Fill(tokens, NoToken);
        for (int i = 0; i < rows.Count; i++)
        {
            for (int j = 0; j < Math.Min(rows[i].EndTokens.Count, DecodeRow.MaxEndTokens); j++)
            {
                tokens[(i * DecodeRow.MaxEndTokens) + j] = rows[i].EndTokens[j];
            }
        }

        using var scope = NewDisposeScope();
        CopyTo(Rows.EndTokens.view(-1), tokens, tokens.Length);
    }

    private static void CopyTo<T>(Tensor target, T[] values, int count)
        where T : unmanaged
    {
        using var scope = NewDisposeScope();
        Tensor source = values switch
        {
            int[] ints => tensor(ints),
            long[] longs => tensor(longs),
            double[] doubles => tensor(doubles),
            _ => throw new ArgumentException($"Rows of {typeof(T).Name} are not kept.", nameof(values)),
        };
        target.narrow(0, 0, count).copy_(source, nonBlocking: true);
    }
}
