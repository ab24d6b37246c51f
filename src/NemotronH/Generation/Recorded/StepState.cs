using NemotronH.Caching;
using static TorchSharp.torch;

namespace NemotronH.Generation.Recorded;

/// <summary>
/// The rows of decode steps, on the device at addresses that do not move: which sequence each row is, and what its next token is. Kernels read and
/// advance them; the host writes them where the batch changes.
/// </summary>
internal sealed class StepState : IDisposable
{
    private readonly ModelCache _cache;
    private readonly CachedSequence _padding;

    /// <summary>Allocates the rows and takes a sequence of the cache for rows that stand empty.</summary>
    /// <param name="cache">The model's caches, with a slot to spare.</param>
    /// <param name="maxBatch">Rows of the largest batch.</param>
    public StepState(ModelCache cache, int maxBatch)
    {
        Device device = cache.Options.Device;
        _cache = cache;
        MaxBatch = maxBatch;
        PagesPerSequence = cache.Options.PagesPerSequence;
        _padding = cache.Add();
        cache.Reserve(_padding, 1);
        Tokens = Vector();
        Slots = Vector();
        Positions = Vector();
        PageTable = zeros([cache.Options.MaxSequences, PagesPerSequence], ScalarType.Int32, device).DetachFromDisposeScope();
        Upload(_padding);

        Tensor Vector() => zeros([maxBatch], ScalarType.Int32, device).DetachFromDisposeScope();
    }

    /// <summary>Rows of the largest batch.</summary>
    public int MaxBatch { get; }

    /// <summary>Entries of the page table for each slot.</summary>
    public int PagesPerSequence { get; }

    /// <summary>The slot of rows that stand empty.</summary>
    public int DummySlot => _padding.Slot;

    /// <summary>[max batch] int32: the tokens to decode.</summary>
    public Tensor Tokens { get; }

    /// <summary>[max batch] int32: state slots.</summary>
    public Tensor Slots { get; }

    /// <summary>[max batch] int32: positions of the tokens, that is how many tokens lie before them.</summary>
    public Tensor Positions { get; }

    /// <summary>[slots, pages per sequence] int32.</summary>
    public Tensor PageTable { get; }

    /// <summary>All memory, to keep alive.</summary>
    public IEnumerable<Tensor> Tensors => [Tokens, Slots, Positions, PageTable];

    /// <summary>Writes the rows of a batch; those beyond stand empty.</summary>
    /// <param name="batch">Rows of the step.</param>
    /// <param name="rows">Sequences and their next tokens, no more than the step's rows.</param>
    public void Write(int batch, IReadOnlyList<(CachedSequence Sequence, int Token)> rows)
    {
        Span<int> tokens = stackalloc int[batch], slots = stackalloc int[batch], positions = stackalloc int[batch];
        slots.Fill(DummySlot);
        for (int i = 0; i < rows.Count; i++)
        {
            (CachedSequence sequence, int token) = rows[i];
            tokens[i] = token;
            slots[i] = sequence.Slot;
            positions[i] = sequence.Length;
            Upload(sequence);
        }

        Copy(Tokens, tokens);
        Copy(Slots, slots);
        Copy(Positions, positions);
    }

    /// <summary>Brings a sequence's pages into the table.</summary>
    /// <param name="sequence">The sequence; pages reach as far as the steps to come.</param>
    public void Upload(CachedSequence sequence)
    {
        using var scope = NewDisposeScope();
        int[] pages = [.. sequence.Pages];
        PageTable[sequence.Slot].narrow(0, 0, pages.Length).copy_(tensor(pages));
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        _cache.Remove(_padding);
        foreach (Tensor tensor in Tensors)
        {
            tensor.Dispose();
        }
    }

    private static void Copy(Tensor target, ReadOnlySpan<int> values)
    {
        using var scope = NewDisposeScope();
        target.narrow(0, 0, values.Length).copy_(tensor(values.ToArray()));
    }
}
