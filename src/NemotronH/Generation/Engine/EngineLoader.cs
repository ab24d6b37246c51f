using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Logging.Abstractions;
using NemotronH.Benchmarks;
using NemotronH.Caching;
using NemotronH.Checkpoints;
using NemotronH.Configuration;
using NemotronH.Kernels.Runtime;
using NemotronH.Quantization;
using TorchSharp;

namespace NemotronH.Generation;

/// <summary>Loads a model with caches that are cut to memory, and starts an engine on it.</summary>
internal static class EngineLoader
{
    /// <summary>Part of the memory that is given out; activations and the process itself need the rest.</summary>
    private const double UsableMemory = 0.9;

    /// <summary>Loads on the calling thread.</summary>
    public static InferenceEngine Load(string directory, EngineOptions options, IProgress<int>? progress, CancellationToken cancellationToken)
    {
        options.Validate();
        EngineOptions planned = options;
        ModelOptions wished = options.Model with { MaxSequences = options.MaxSequences, PrefillChunk = options.PrefillChunk };
        LanguageModel model = LanguageModel.Load(directory, wished, new CancellableProgress(progress, cancellationToken), Fit, Log, reading: null);
        try
        {
            return new InferenceEngine(model, planned with { PrefillChunk = model.Options.PrefillChunk });
        }
        catch
        {
            model.Dispose();
            throw;
        }

        void Log(ModelMemory memory) =>
            EngineLog.Planned(options.LoggerFactory?.CreateLogger<InferenceEngine>() ?? NullLogger<InferenceEngine>.Instance, memory);

        ModelOptions Fit(NemotronHConfig config, Checkpoint checkpoint, CacheOptions caches)
        {
            (long free, int chunk) = LeftForCaches(options, config, checkpoint, caches);
            CachePlan plan = CachePlan.Make(options, config, caches, free);
            ILogger logger = options.LoggerFactory?.CreateLogger<InferenceEngine>() ?? NullLogger<InferenceEngine>.Instance;
            foreach (string notice in plan.Notices)
            {
                EngineLog.Clamped(logger, notice);
            }

            planned = options with { MaxSequences = plan.MaxSequences, PrefixCacheBytes = plan.PrefixCacheBytes };
            return wished with { MaxSequences = plan.MaxSequences, MaxContext = plan.MaxContext, CachePages = plan.Pages, PrefillChunk = chunk };
        }
    }

    /// <summary>What weights, copies of experts and a prefill pass leave; the part that is not given out may serve the pass.</summary>
    private static (long Bytes, int PrefillChunk) LeftForCaches(EngineOptions options, NemotronHConfig config, Checkpoint checkpoint, CacheOptions caches)
    {
        long memory = DeviceAllocation.FreeOn(caches.Device), usable = (long)(memory * UsableMemory) - WeightBytes(checkpoint, caches.ConvDtype);
        if (caches.Device.type == DeviceType.CPU)
        {
            return (usable, options.PrefillChunk);
        }

        var inventory = WeightInventory.Of(config, checkpoint, CacheBudget.Size(caches.ComputeDtype));
        ModelMemory prompts = PlanPrompts(options, config, inventory, caches, memory);
        return (Math.Min(usable, memory - prompts.Weights - prompts.Workspace) - prompts.ExpertCopies, prompts.PrefillChunk);
    }

    /// <summary>
    /// What a pass takes, halved until there is room beside it for the prefix cache, the states of all sequences, and the pages of one: that others wait
    /// for pages costs less than a refusal.
    /// </summary>
    internal static ModelMemory PlanPrompts(EngineOptions options, NemotronHConfig config, WeightInventory inventory, CacheOptions caches, long memory)
    {
        CacheOptions one = caches with { Pages = caches.PagesPerSequence };
        return ModelMemoryPlan.Make(
            config, inventory, one, options.PrefillChunk, ModelWeights.Of(options.Model, caches), memory - options.PrefixCacheBytes);
    }

    /// <summary>What the weights take once loaded: wide floats in the compute dtype, quantised ones as they are stored.</summary>
    public static long WeightBytes(Checkpoint checkpoint, torch.ScalarType computeDtype) => checkpoint.Tensors.Sum(tensor => tensor.Dtype switch
    {
        StoredDtype.BFloat16 or StoredDtype.Float16 or StoredDtype.Float32 => tensor.ElementCount * CacheBudget.Size(computeDtype),
        _ => tensor.ByteCount,
    });

    private sealed class CancellableProgress(IProgress<int>? inner, CancellationToken cancellationToken) : IProgress<int>
    {
        public void Report(int value)
        {
            cancellationToken.ThrowIfCancellationRequested();
            inner?.Report(value);
        }
    }
}
