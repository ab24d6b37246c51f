using NemotronH.Benchmarks;
using NemotronH.Caching;
using NemotronH.Checkpoints.Synthetic;
using NemotronH.Configuration;
using NemotronH.Generation;
using NemotronH.Tests.Configuration;
using static TorchSharp.torch;

namespace NemotronH.Tests.Generation.Engine;

/// <summary>How an engine shares a GPU's memory between prompts and caches; nothing of it is allocated.</summary>
public sealed class EngineLoaderTests
{
    private const long Gib = 1L << 30;

    private static readonly NemotronHConfig Config = KnownConfigs.Load("nemotron-3-nano-30b-a3b");

    [Fact]
    public void A_pass_is_halved_until_a_sequence_fits_beside_it()
    {
        var options = new EngineOptions { PrefillChunk = ModelOptions.FastPrefillChunk, Model = new ModelOptions { FastPrefill = true, MaxContext = 262_144 } };
        ModelMemory plenty = Plan(options, 139 * Gib), tight = Plan(options, 24 * Gib);

        Assert.Equal(ModelOptions.FastPrefillChunk, plenty.PrefillChunk);
        Assert.InRange(tight.PrefillChunk, 128, ModelOptions.FastPrefillChunk / 2);
        long left = (24 * Gib) - tight.Weights - tight.Workspace;
        CachePlan caches = CachePlan.Make(options, Config, Caches(options), left);
        Assert.Equal(options.MaxSequences, caches.MaxSequences);
        Assert.Equal(262_144, caches.MaxContext);

        // The next larger pass would have left too little.
        ModelMemory next = Plan(options with { PrefillChunk = 2 * tight.PrefillChunk }, 139 * Gib);
        Assert.True(next.Total + options.PrefixCacheBytes > 24 * Gib);
    }

    private static ModelMemory Plan(EngineOptions options, long memory)
    {
        RandomLayout layout = RandomLayout.Of(Config, RandomPrecision.Official);
        var inventory = WeightInventory.Of(layout.Enumerate(Config, layout.Plan(Config)), elementBytes: 2);
        return EngineLoader.PlanPrompts(options, Config, inventory, Caches(options), memory);
    }

    private static CacheOptions Caches(EngineOptions options) => new()
    {
        MaxSequences = options.MaxSequences,
        MaxContext = options.Model.MaxContext!.Value,
        Device = new Device(TorchSharp.DeviceType.CUDA, 0),
        ComputeDtype = ScalarType.BFloat16,
        KeyValueDtype = ScalarType.BFloat16,
        PackedAttention = options.Model.FastPrefill,
    };
}
