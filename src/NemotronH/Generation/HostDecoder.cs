using NemotronH.Caching;
using NemotronH.Configuration;
using NemotronH.Kernels.Runtime;
using NemotronH.Modules;
using TorchSharp;
using static TorchSharp.torch;

namespace NemotronH.Generation;

/// <summary>
/// Decodes with a small model on the CPU. The operations of such a model are so short that OpenMP's threads cost more than they bring: each
/// operation stays on one thread, and the sequences of a large batch are divided among threads, which meet once a step.
/// </summary>
internal sealed class HostDecoder
{
    /// <summary>Most parameters of a small model: they fit a last-level cache, so that several threads read them at little cost.</summary>
    private const long SmallModel = 16 << 20;

    /// <summary>Fewer sequences are not worth a thread.</summary>
    private const int SequencesPerThread = 4;

    private readonly NemotronHModel _model;
    private readonly ModelCache _cache;
    private readonly int _threads;

    private HostDecoder(NemotronHModel model, ModelCache cache)
    {
        _model = model;
        _cache = cache;
        _threads = model.SharesBuffer ? 1 : Math.Min(get_num_threads(), Environment.ProcessorCount);
    }

    /// <summary>Creates a decoder.</summary>
    /// <returns><see langword="null"/> where the model is not small or its caches are not in the CPU's memory.</returns>
    public static HostDecoder? For(NemotronHModel model, ModelCache cache) =>
        cache.Options.Device.type == DeviceType.CPU && ModelFootprint.Of(model.Config).Parameters <= SmallModel ? new(model, cache) : null;

    /// <summary>Appends one token to each of several sequences.</summary>
    /// <param name="next">Sequences, each at most once, and their tokens.</param>
    /// <returns>[N, V] float32 logits in the same order; the caller disposes.</returns>
    public Tensor Decode(IReadOnlyList<(CachedSequence Sequence, int Token)> next)
    {
        int parts = Math.Clamp(next.Count / SequencesPerThread, 1, _threads);
        ForwardBatch[] batches = [.. next.Chunk((next.Count + parts - 1) / parts).Select(part => new ForwardBatch(_cache, [], part))];
        var logits = new Tensor[batches.Length];
        try
        {
            if (batches.Length == 1)
            {
                return Run(batches[0]);
            }

            Parallel.For(0, batches.Length, new ParallelOptions { MaxDegreeOfParallelism = _threads }, i => logits[i] = Run(batches[i]));
            return cat(logits, 0);
        }
        finally
        {
            Array.ForEach(batches, batch => batch.Dispose());
            Array.ForEach(logits, part => part?.Dispose());
        }
    }

    private Tensor Run(ForwardBatch batch)
    {
        using OpenMpThreads.Restorer oneThread = OpenMpThreads.Set(1);
        using var inference = inference_mode();
        using var scope = NewDisposeScope();
        return _model.ComputeLogits(_model.forward(batch)).MoveToOuterDisposeScope();
    }
}
