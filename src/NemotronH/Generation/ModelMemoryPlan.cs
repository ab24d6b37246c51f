using NemotronH.Benchmarks;
using NemotronH.Caching;
using NemotronH.Checkpoints;
using NemotronH.Configuration;
using NemotronH.Quantization;
using TorchSharp;

namespace NemotronH.Generation;

/// <summary>Adds up what a model is going to take, and chooses how many prompt tokens a pass may have.</summary>
internal static class ModelMemoryPlan
{
    /// <summary>A pass is not cut further: it costs little more memory than this and reads all weights for fewer tokens.</summary>
    private const int LeastChunk = 128;

    /// <summary>Makes the plan.</summary>
    /// <param name="config">The model's shape.</param>
    /// <param name="weights">What the weights take.</param>
    /// <param name="caches">The caches to come.</param>
    /// <param name="chunk">Prompt tokens of a pass that are wished for; on a GPU halved until the pass fits beside the rest.</param>
    /// <param name="options">How experts take prompts.</param>
    /// <param name="free">Bytes that are free.</param>
    /// <param name="capacity">Bytes of the device's memory, if that is not the same.</param>
    public static ModelMemory Make(NemotronHConfig config, WeightInventory weights, CacheOptions caches, int chunk, WeightOptions options, long free, long? capacity = null)
    {
        ModelFootprint footprint = ModelFootprint.Of(config);
        bool grouped = config.Moe is { } moe && options.Groups(moe.IntermediateSize, moe.LatentSize ?? config.HiddenSize), resident = grouped && options.ResidentExperts;
        long buffer = Dequantization(config, weights, caches, wholeBanks: grouped && !resident);
        var memory = new ModelMemory
        {
            Weights = weights.Bytes,
            ExpertCopies = resident ? Copies(weights, caches) : 0,
            KeyValues = footprint.KeyValueBytes((long)caches.Pages * caches.PageSize, CacheBudget.Size(caches.KeyValueDtype)),
            States = caches.MaxSequences * (footprint.SsmStateBytes + footprint.ConvStateBytes(CacheBudget.Size(caches.ConvDtype))),
            Workspace = 0,
            Free = free,
            Capacity = capacity ?? free,
            PrefillChunk = chunk,
            MaxContext = caches.MaxContext,
            MaxSequences = caches.MaxSequences,
        };
        memory = With(chunk);
        bool mustFit = caches.Device.type == DeviceType.CUDA;
        while (mustFit && memory.Total > free && chunk / 2 >= LeastChunk)
        {
            chunk /= 2;
            memory = With(chunk);
        }

        return memory;

        ModelMemory With(int tokens) => memory with { PrefillChunk = tokens, Workspace = buffer + PrefillWorkspace.Bytes(config, caches, tokens, grouped) };
    }

    private static long Copies(WeightInventory weights, CacheOptions caches) => weights.Weights
        .Where(weight => weight.IsQuantized && weight.Planned.Role == TensorRole.ExpertWeight)
        .Sum(weight => weight.Planned.ElementCount * CacheBudget.Size(caches.ComputeDtype));

    /// <summary>The buffer that all layers share: the largest matrix, or bank of experts, that is dequantised at once.</summary>
    private static long Dequantization(NemotronHConfig config, WeightInventory weights, CacheOptions caches, bool wholeBanks)
    {
        const long HostLimit = 64L << 20, GpuLimit = 256L << 20;
        long limit = caches.Device.type == DeviceType.CPU ? HostLimit : GpuLimit;
        long element = CacheBudget.Size(caches.ComputeDtype), experts = wholeBanks ? config.Moe?.NumExperts ?? 1 : 1;
        long[] sizes = [.. weights.Weights.Where(weight => weight.IsQuantized).Select(weight => weight.Planned.Role == TensorRole.ExpertWeight
            ? Math.Max(wholeBanks ? 0 : limit, element * experts * weight.Planned.ElementCount)
            : Math.Min(limit, element * weight.Planned.ElementCount))];
        return sizes.Append(0).Max();
    }
}
