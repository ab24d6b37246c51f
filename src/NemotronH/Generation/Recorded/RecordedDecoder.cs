using NemotronH.Caching;
using NemotronH.Kernels.Cuda;
using NemotronH.Modules;
using NemotronH.Quantization;
using static TorchSharp.torch;

namespace NemotronH.Generation.Recorded;

/// <summary>
/// Decodes on a GPU with kernels of our own: for each batch size (1, 2, 4 … 128) the whole step is one CUDA graph, recorded when it is first needed,
/// over the model's own weights and caches. Nothing is allocated in a step, and the host reads nothing inside it.
/// </summary>
/// <remarks>Belongs to one thread. The model and the caches stay their owner's and outlive this object.</remarks>
public sealed class RecordedDecoder : IDecodeSteps, IDisposable
{
    private readonly NemotronHModel _model;
    private readonly ModelCache _cache;
    private readonly RecordedDecoderOptions _options;
    private readonly StepState _state;
    private readonly StepResults _results;
    private readonly StepArena _arena;
    private readonly DequantizationBuffer? _buffer;
    private readonly SortedDictionary<int, DecodeStep> _steps = [];
    private readonly Dictionary<int, CudaGraphExec> _graphs = [];
    private long _writes;
    private int _written;
    private bool _isDisposed;

    /// <summary>Compiles the kernels of every batch size and allocates what they write to.</summary>
    /// <param name="model">The model, in bfloat16 on a GPU.</param>
    /// <param name="cache">Its caches; one slot of theirs is taken for rows that stand empty.</param>
    /// <param name="options">Batch sizes and graphs.</param>
    /// <exception cref="NemotronHException">The GPU, its driver or a part of the model is not one that there are kernels for.</exception>
    public RecordedDecoder(NemotronHModel model, ModelCache cache, RecordedDecoderOptions options)
    {
        ArgumentNullException.ThrowIfNull(model);
        ArgumentNullException.ThrowIfNull(cache);
        ArgumentNullException.ThrowIfNull(options);
        _model = model;
        _cache = cache;
        _options = options;
        Device device = cache.Options.Device;
        Context = CudaContext.For(Math.Max(0, device.index));
        using var scope = NewDisposeScope();
        int largest = DecodeBuckets.Of(options.MaxBatch);
        try
        {
            Stream = CudaStream.Create(Context, joinsDefault: true);
            _state = new StepState(cache, largest);
            _results = new StepResults(Stream, _state.Sampled);
            _arena = new StepArena(device, largest);
            _buffer = model.Nvfp4Method == Nvfp4Method.Dequantize ? new DequantizationBuffer(device) : null;
            foreach (int batch in DecodeBuckets.UpTo(options.MaxBatch))
            {
                _steps.Add(batch, new DecodeStep(new StepContext(Context.Kernels, model.Config, cache, _state, _arena, _buffer, batch), model));
            }

            _buffer?.Allocate();
        }
        catch
        {
            Dispose();
            throw;
        }
    }

    /// <summary>The GPU.</summary>
    public CudaContext Context { get; }

    /// <summary>The stream that steps are queued on; libtorch's operations and it wait for one another.</summary>
    public CudaStream Stream { get; }

    /// <summary>Rows of the largest batch.</summary>
    public int MaxBatch => _state.MaxBatch;

    /// <summary>Bytes that weights are dequantised into.</summary>
    public long DequantizationBytes => _buffer?.Bytes ?? 0;

    /// <summary>Bytes of the steps' scratch memory.</summary>
    public long ScratchBytes => _arena.Bytes;

    /// <inheritdoc/>
    long IDecodeSteps.Writes => _writes;

    /// <summary>Decodes one token of each sequence; does not wait for the step.</summary>
    /// <param name="next">Sequences and their tokens, at most the largest batch.</param>
    /// <returns>[sequences, V] float32 logits, a view that is valid until the next step; the caller disposes of it.</returns>
    public Tensor Decode(IReadOnlyList<(CachedSequence Sequence, int Token)> next)
    {
        ArgumentNullException.ThrowIfNull(next);
        int batch = DecodeBuckets.Of(next.Count);
        Write(batch, [.. next.Select(row => new DecodeRow(row.Sequence, row.Token))]);
        Queue(batch);
        foreach ((CachedSequence sequence, _) in next)
        {
            sequence.Length++;
        }

        return _steps[batch].Logits.narrow(0, 0, next.Count);
    }

    /// <summary>Writes the rows that the next steps decode.</summary>
    /// <param name="batch">A batch size.</param>
    /// <param name="rows">Sequences and their next tokens.</param>
    internal void Write(int batch, IReadOnlyList<DecodeRow> rows)
    {
        using var noGrad = no_grad();
        foreach (DecodeRow row in rows)
        {
            _cache.Reserve(row.Sequence, 1);
        }

        _state.Write(batch, rows);
        _written = batch;
        _writes++;
    }

    /// <inheritdoc/>
    void IDecodeSteps.Write(IReadOnlyList<DecodeRow> rows) => Write(DecodeBuckets.Of(rows.Count), rows);

    /// <inheritdoc/>
    long IDecodeSteps.Queue(IReadOnlyList<CachedSequence> advancing)
    {
        using var noGrad = no_grad();
        foreach (CachedSequence sequence in advancing)
        {
            _cache.Reserve(sequence, 1);
            _state.UploadNewPages(sequence);
        }

        Queue(_written);
        foreach (CachedSequence sequence in advancing)
        {
            sequence.Length++;
        }

        return _results.Queue();
    }

    /// <inheritdoc/>
    int[] IDecodeSteps.Read(long step)
    {
        Context.MakeCurrent();
        return _results.Read(step);
    }

    /// <summary>Queues a step over the rows as they are.</summary>
    /// <param name="batch">The batch size that was written.</param>
    internal void Queue(int batch)
    {
        Context.MakeCurrent();
        if (_options.UseGraph)
        {
            GraphOf(batch).Launch(Stream);
        }
        else
        {
            _steps[batch].Launch(Stream);
        }
    }

    /// <summary>Where weights are dequantised to.</summary>
    internal DequantizationBuffer? Buffer => _buffer;

    /// <summary>The launches of a batch size.</summary>
    /// <param name="batch">A batch size.</param>
    internal DecodeStep StepOf(int batch) => _steps[batch];

    /// <summary>Waits for the steps that were queued and frees what they use; a second time does nothing.</summary>
    public void Dispose()
    {
        if (_isDisposed)
        {
            return;
        }

        _isDisposed = true;
        Drain();
        foreach (CudaGraphExec graph in _graphs.Values)
        {
            graph.Dispose();
        }

        foreach (DecodeStep step in _steps.Values)
        {
            step.Dispose();
        }

        _buffer?.Dispose();
        _arena?.Dispose();
        _state?.Dispose();
        _results?.Dispose();
        Stream?.Dispose();
    }

    private void Drain()
    {
        try
        {
            Context.MakeCurrent();
            Stream?.Synchronize();
        }
        catch (CudaException)
        {
            // A failed kernel left the context unusable, which every further call says; what was allocated is freed all the same.
        }
    }

    private CudaGraphExec GraphOf(int batch)
    {
        if (!_graphs.TryGetValue(batch, out CudaGraphExec? exec))
        {
            // The graph holds addresses: whatever owns the memory has to live as long.
            object[] owners = [_model, _cache, _state, _arena, .. _buffer is null ? (object[])[] : [_buffer]];
            using CudaGraph graph = CudaGraph.Capture(Stream, () => _steps[batch].Launch(Stream), owners);
            exec = graph.Instantiate();
            _graphs.Add(batch, exec);
        }

        return exec;
    }
}
