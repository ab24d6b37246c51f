using NemotronH.Caching;
using NemotronH.Configuration;
using NemotronH.Generation;
using NemotronH.Modules;
using NemotronH.Tests.Configuration;
using static TorchSharp.torch;

namespace NemotronH.Tests.Generation;

/// <summary>What a prefill pass takes, by arithmetic.</summary>
public sealed class PrefillWorkspaceTests
{
    [Theory]
    [InlineData(15_680)]
    [InlineData(21_504)]
    public void A_pass_of_a_whole_context_is_counted_beyond_32_bits(int intermediate)
    {
        const long Tokens = 262_144;
        NemotronHConfig config = KnownConfigs.Load("nemotron-h-8b") with { Layers = [LayerKind.Mlp], Mlp = new MlpConfig { IntermediateSizes = [intermediate] } };

        // A row before the activation and one after it, in bfloat16.
        Assert.True(Bytes(config, Tokens) > Tokens * intermediate * 2 * 2);
    }

    [Fact]
    public void Decays_between_chunks_grow_with_the_square_of_a_pass()
    {
        NemotronHConfig config = KnownConfigs.Load("nemotron-3-nano-30b-a3b") with { Layers = [LayerKind.Mamba] };
        long once = Bytes(config, 262_144), twice = Bytes(config, 2 * 262_144), chunks = 262_144 / config.Mamba!.ChunkSize;

        // All else is linear: what twice the tokens take beyond twice the bytes is 2 n^2 decays of a head, in float64 before and behind the mask and in float32.
        Assert.InRange(twice - (2 * once), 2 * chunks * chunks * config.Mamba.NumHeads * 20 * 99 / 100, 2 * chunks * chunks * config.Mamba.NumHeads * 20);
    }

    [Theory]
    [InlineData(ScalarType.BFloat16, 128, true)]
    [InlineData(ScalarType.BFloat16, 256, true)]
    [InlineData(ScalarType.Float32, 128, false)]
    [InlineData(ScalarType.BFloat16, 100, false)]
    [InlineData(ScalarType.BFloat16, 320, false)]
    public void A_mask_is_counted_wherever_flash_attention_does_not_serve(ScalarType dtype, int headDim, bool serves)
    {
        const long Tokens = 8192;
        NemotronHConfig config = KnownConfigs.Load("nemotron-3-nano-30b-a3b");
        config = config with { Layers = [LayerKind.Attention], Attention = config.Attention! with { HeadDim = headDim } };
        CacheOptions caches = Caches(dtype);
        long asked = PrefillWorkspace.Bytes(config, caches, Tokens, groupedExperts: true);
        long notAsked = PrefillWorkspace.Bytes(config, caches with { PackedAttention = false }, Tokens, groupedExperts: true);

        // A boolean and an element of the compute dtype, at least, for each token of the pass and of the context.
        long mask = Tokens * caches.MaxContext * (1 + CacheBudget.Size(dtype));
        Assert.Equal(serves, PackedAttention.Serves(caches, headDim));
        Assert.Equal(serves, notAsked - asked >= mask);
        Assert.Equal(!serves, asked >= mask && asked == notAsked);
    }

    private static long Bytes(NemotronHConfig config, long tokens) => PrefillWorkspace.Bytes(config, Caches(ScalarType.BFloat16), tokens, groupedExperts: true);

    private static CacheOptions Caches(ScalarType dtype) => new()
    {
        MaxSequences = 1,
        MaxContext = 262_144,
        Device = new Device(TorchSharp.DeviceType.CUDA, 0),
        ComputeDtype = dtype,
        KeyValueDtype = dtype,
        PackedAttention = true,
    };
}
