using NemotronH.Caching;
using NemotronH.Configuration;
using NemotronH.Generation;
using static TorchSharp.torch;

namespace NemotronH.Tests.Generation.Engine;

/// <summary>Memory is divided before it is taken, and what is not granted is said.</summary>
public sealed class CachePlanTests
{
    private const long Gib = 1L << 30;

    // 50 Mamba layers of 20 MiB of SSM states (float32), no convolution history; 16 attention layers of 64 KiB a token.
    private static readonly NemotronHConfig Config = new()
    {
        VocabSize = 8,
        HiddenSize = 8,
        Layers = [.. Enumerable.Repeat(LayerKind.Mamba, 50), .. Enumerable.Repeat(LayerKind.Attention, 16)],
        LayerNormEpsilon = 1e-5,
        MaxPositionEmbeddings = 65536,
        Attention = new AttentionConfig { NumHeads = 8, NumKeyValueHeads = 8, HeadDim = 128 },
        Mamba = new MambaConfig { NumHeads = 80, HeadDim = 512, StateSize = 128, NumGroups = 1, ConvKernel = 1, ChunkSize = 8, UseConvBias = false },
    };

    private static readonly long States = 50 * 80 * 512 * 128 * 4L;
    private static readonly long Page = 64 * 16 * 2 * 8 * 128 * 2L;

    [Fact]
    public void Where_memory_is_plenty_everything_is_granted_in_silence()
    {
        CachePlan plan = Make(new EngineOptions { MaxSequences = 4 }, 1000 * Gib);

        Assert.Equal((4, 65536, 4 * 1024, Gib), (plan.MaxSequences, plan.MaxContext, plan.Pages, plan.PrefixCacheBytes));
        Assert.Empty(plan.Notices);
    }

    [Fact]
    public void Sequences_are_cut_to_memory_and_all_pages_fit_into_it()
    {
        long bytes = (4 * States) + (1100 * Page);
        CachePlan plan = Make(new EngineOptions { MaxSequences = 64, CacheBytes = bytes }, 1000 * Gib);

        Assert.Equal(1024, plan.MaxContext / 64);
        Assert.InRange((plan.MaxSequences * States) + (plan.Pages * Page), bytes - Page, bytes);
        Assert.True(plan.Pages >= 1024 + ((plan.MaxSequences - 1) * 16));
        string notice = Assert.Single(plan.Notices);
        Assert.StartsWith($"{plan.MaxSequences} sequences run at once, not 64: their caches may take ", notice);
        Assert.EndsWith(
            "and each has 1000 MiB of Mamba states besides its keys and values; fewer where requests set no limit of tokens, as each of those is promised the whole context",
            notice);
    }

    [Fact]
    public void A_context_that_nobody_asked_for_is_cut_and_one_that_was_asked_for_is_refused()
    {
        long bytes = States + (100 * Page);
        CachePlan plan = Make(new EngineOptions { MaxSequences = 2, CacheBytes = bytes }, 1000 * Gib);

        Assert.Equal((1, 6400, 100), (plan.MaxSequences, plan.MaxContext, plan.Pages));
        Assert.StartsWith("sequences end at 6400 tokens: one sequence of 65536 tokens needs caches of 4.98 GiB, and 1.37 GiB are left for them", plan.Notices[0]);

        var asked = new EngineOptions { CacheBytes = bytes, Model = new ModelOptions { MaxContext = 65536 } };
        Assert.Equal(
            "one sequence of 65536 tokens needs caches of 4.98 GiB, and 1.37 GiB are left for them: take a shorter context (--max-context)",
            Assert.Throws<NemotronHException>(() => Make(asked, 1000 * Gib)).Message);
    }

    [Fact]
    public void Weights_that_leave_nothing_are_refused_before_they_are_read()
    {
        string message = Assert.Throws<NemotronHException>(() => Make(new EngineOptions(), -Gib)).Message;

        Assert.EndsWith("and 0 B are left for them: take a shorter context (--max-context)", message);
    }

    [Fact]
    public void The_prefix_cache_takes_a_quarter_at_most()
    {
        CachePlan plan = Make(new EngineOptions { MaxSequences = 1, PrefixCacheBytes = 100 * Gib }, 40 * Gib);

        Assert.Equal(10 * Gib, plan.PrefixCacheBytes);
        Assert.Equal("10 GiB are kept for the prefix cache, not 100 GiB: memory allows no more", plan.Notices[0]);
    }

    private static CachePlan Make(EngineOptions options, long free) => CachePlan.Make(options, Config, Wished(options), free);

    private static CacheOptions Wished(EngineOptions options) => new()
    {
        MaxSequences = options.MaxSequences,
        MaxContext = options.Model.MaxContext ?? 65536,
        ConvDtype = ScalarType.BFloat16,
        KeyValueDtype = ScalarType.BFloat16,
    };
}
