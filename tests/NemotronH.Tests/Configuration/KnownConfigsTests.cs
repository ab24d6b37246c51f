using NemotronH.Configuration;
using static NemotronH.Configuration.LayerKind;

namespace NemotronH.Tests.Configuration;

/// <summary>The shipped configurations against figures published elsewhere: shapes of released tensors and states, and parameter counts.</summary>
public sealed class KnownConfigsTests
{
    private const string DenseH = "7 18 29 40";

    /// <summary>Name; counts of M, E, -, *; positions of the attention layers.</summary>
    public static TheoryData<string, int[], string> Layers => new()
    {
        { "nemotron-h-4b", [24, 0, 24, 4], DenseH },
        { "nemotron-h-8b", [24, 0, 24, 4], DenseH },
        { "nemotron-h-47b", [45, 0, 48, 5], "17 38 49 60 86" },
        { "nemotron-h-56b", [54, 0, 54, 10], "7 18 29 40 51 62 73 84 95 106" },
        { "nemotron-nano-9b-v2", [27, 0, 25, 4], "14 21 30 39" },
        { "nemotron-nano-12b-v2", [28, 0, 28, 6], "7 16 25 34 43 52" },
        { "nemotron-3-nano-4b", [21, 0, 17, 4], "12 17 24 32" },
        { "nemotron-3-nano-30b-a3b", [23, 23, 0, 6], "5 12 19 26 33 42" },
        { "nemotron-3.5-lightning-30b-a3b", [23, 23, 0, 6], "5 12 19 26 33 42" },
        { "nemotron-3-super-120b-a12b", [40, 40, 0, 8], "7 16 25 36 47 58 69 78" },
        { "nemotron-3-ultra-550b-a55b", [48, 48, 0, 12], "7 14 23 32 39 48 57 64 73 82 89 98" },
    };

    /// <summary>Name; inner, conv_dim, in_proj rows, heads per group, norm group; KiB of SSM state per layer, per sequence; KV bytes per token.</summary>
    public static TheoryData<string, int[], int, int, int> Sizes => new()
    {
        { "nemotron-h-4b", [7168, 9216, 16496, 14, 896], 3584, 84 * 1024, 16384 },
        { "nemotron-h-8b", [8192, 10240, 18560, 16, 1024], 4096, 96 * 1024, 16384 },
        { "nemotron-h-47b", [16384, 20480, 37120, 32, 2048], 16384, 720 * 1024, 20480 },
        { "nemotron-h-56b", [16384, 20480, 37120, 32, 2048], 16384, 864 * 1024, 40960 },
        { "nemotron-nano-9b-v2", [10240, 12288, 22656, 16, 1280], 5120, 135 * 1024, 16384 },
        { "nemotron-nano-12b-v2", [10240, 12288, 22656, 16, 1280], 5120, 140 * 1024, 24576 },
        { "nemotron-3-nano-4b", [7680, 9728, 17504, 12, 960], 3840, 80640, 16384 },
        { "nemotron-3-nano-30b-a3b", [4096, 6144, 10304, 8, 512], 2048, 46 * 1024, 6144 },
        { "nemotron-3.5-lightning-30b-a3b", [4096, 6144, 10304, 8, 512], 2048, 46 * 1024, 6144 },
        { "nemotron-3-super-120b-a12b", [8192, 10240, 18560, 16, 1024], 4096, 160 * 1024, 8192 },
        { "nemotron-3-ultra-550b-a55b", [16384, 18432, 35072, 32, 2048], 8192, 384 * 1024, 12288 },
    };

    [Fact]
    public void Every_shipped_configuration_is_tested() =>
        Assert.Equal(KnownConfigs.Names, Layers.Select(row => row.Data.Item1).Order(StringComparer.Ordinal));

    [Theory]
    [MemberData(nameof(Layers))]
    public void Layers_stand_where_they_do_in_the_released_models(string name, int[] counts, string attention)
    {
        NemotronHConfig config = KnownConfigs.Load(name);

        LayerKind[] order = [Mamba, MixtureOfExperts, Mlp, Attention];
        Assert.Equal(counts, order.Select(kind => config.Layers.Count(layer => layer == kind)));
        Assert.Equal(attention, string.Join(' ', Enumerable.Range(0, config.Layers.Length).Where(i => config.Layers[i] == Attention)));
        Assert.Empty(config.Notes);
    }

    [Theory]
    [MemberData(nameof(Sizes))]
    public void Derived_sizes_are_those_of_the_released_models(string name, int[] widths, int layerKib, int sequenceKib, int keyValueBytes)
    {
        NemotronHConfig config = KnownConfigs.Load(name);
        MambaConfig mamba = config.Mamba!;
        ModelFootprint footprint = ModelFootprint.Of(config);

        int[] found = [mamba.InnerSize, mamba.ConvDim, mamba.InProjectionSize, mamba.NumHeads / mamba.NumGroups, mamba.InnerSize / mamba.NumGroups];
        Assert.Equal(widths, found);
        Assert.Equal(sequenceKib * 1024L, footprint.SsmStateBytes);
        Assert.Equal(layerKib * 1024L, footprint.SsmStateBytes / config.Layers.Count(kind => kind == Mamba));
        Assert.Equal(keyValueBytes, footprint.KeyValueBytes(tokens: 1, bytesPerElement: 2));
        Assert.Equal(keyValueBytes * 500L, footprint.KeyValueBytes(tokens: 1000, bytesPerElement: 1));
    }

    [Theory]
    [InlineData("nemotron-3-nano-30b-a3b", 36)]
    [InlineData("nemotron-3-super-120b-a12b", 60)]
    public void The_convolution_state_of_a_layer_is_as_published(string name, int kib)
    {
        NemotronHConfig config = KnownConfigs.Load(name);

        Assert.Equal(kib * 1024L * config.Layers.Count(kind => kind == Mamba), ModelFootprint.Of(config).ConvStateBytes(bytesPerElement: 2));
    }

    [Theory]
    [InlineData("nemotron-3-nano-30b-a3b", 31.58)]
    [InlineData("nemotron-3.5-lightning-30b-a3b", 31.58)]
    [InlineData("nemotron-3-super-120b-a12b", 120.67)]
    [InlineData("nemotron-3-ultra-550b-a55b", 549.31)]
    public void Parameters_are_as_published(string name, double billions) =>
        Assert.Equal(billions, Math.Round(ModelFootprint.Of(KnownConfigs.Load(name)).Parameters / 1e9, 2));

    [Fact]
    public void The_parameters_of_nano_9b_v2_are_those_its_repository_counts() =>
        Assert.Equal(8_888_227_328, ModelFootprint.Of(KnownConfigs.Load("nemotron-nano-9b-v2")).Parameters);

    [Fact]
    public void Active_parameters_of_3_nano_are_as_published()
    {
        ModelFootprint footprint = ModelFootprint.Of(KnownConfigs.Load("nemotron-3-nano-30b-a3b"));

        Assert.Equal(3.6, Math.Round(footprint.ActiveParameters / 1e9, 1));
        Assert.Equal(3.2, Math.Round((footprint.ActiveParameters - (footprint.EmbeddingParameters / 2)) / 1e9, 1));
    }

    [Fact]
    public void The_bytes_of_3_nanos_nvfp4_release_follow_from_the_counts()
    {
        // Release 6efb4a2a: experts, shared experts and the two projections of 17 of the 23 Mamba layers are NVFP4, each with two float32
        // scalars; router and correction are float32, the rest bfloat16.
        NemotronHConfig config = KnownConfigs.Load("nemotron-3-nano-30b-a3b");
        long hidden = config.HiddenSize;
        ParameterCount experts = BlockParameters.MixtureOfExperts(hidden, config.Moe!, config.Moe!.NumExperts);
        long nvfp4 = (23 * experts.Linear) + (17 * BlockParameters.Mamba(hidden, config.Mamba!).Linear);
        long single = 23 * experts.Single;
        long modules = (23 * 2 * (config.Moe.NumExperts + 1)) + (17 * 2);
        long rest = ModelFootprint.Of(config).Parameters - nvfp4 - single;

        Assert.Equal(5_968, modules);
        Assert.Equal(19_339_781_632, (nvfp4 * 9 / 16) + (modules * 8) + (4 * single) + (2 * rest));
    }

    [Theory]
    [InlineData("nemotron-nano-9b-v2", 131072, 12, 0)]
    [InlineData("nemotron-3-super-120b-a12b", 262144, 2, 1)]
    [InlineData("nemotron-3.5-lightning-30b-a3b", 1048576, 2, 1)]
    public void Context_end_token_and_prediction_blocks_are_read(string name, int context, int eos, int predictionBlocks)
    {
        NemotronHConfig config = KnownConfigs.Load(name);

        Assert.Equal((context, predictionBlocks), (config.MaxPositionEmbeddings, config.NumNextnPredictLayers));
        Assert.Equal([eos], config.EosTokenIds);
        Assert.Equal((0, double.PositiveInfinity), config.Mamba!.TimeStepLimit);
    }
}
