using NemotronH.Configuration;

namespace NemotronH.Tests.Checkpoints;

/// <summary>Shapes of real models, from their published dimensions, and a very small one.</summary>
internal static class TestConfigs
{
    public static NemotronHConfig Dense8B { get; } = DenseModel(
        "M-M-M-M*-M-M-M-M-M*-M-M-M-M-M*-M-M-M-M-M*-M-M-M-M-M-",
        hidden: 4096, heads: 32, mambaHeads: 128, mambaHeadDim: 64, feedForward: 21504);

    public static NemotronHConfig Nano { get; } = MoeModel(
        "MEMEM*EMEMEM*EMEMEM*EMEMEM*EMEMEM*EMEMEMEM*EMEMEMEME",
        hidden: 2688, heads: 32, mambaHeads: 64, experts: 128, topK: 6, intermediate: 1856, shared: 3712, latent: null);

    public static NemotronHConfig Super { get; } = MoeModel(
        "MEMEMEM*EMEMEMEM*EMEMEMEM*EMEMEMEMEM*EMEMEMEMEM*EMEMEMEMEM*EMEMEMEMEM*EMEMEMEM*EMEMEMEME",
        hidden: 4096, heads: 32, mambaHeads: 128, experts: 512, topK: 22, intermediate: 2688, shared: 5376, latent: 1024);

    public static NemotronHConfig Ultra { get; } = MoeModel(
        "MEMEMEM*EMEMEM*EMEMEMEM*EMEMEMEM*EMEMEM*EMEMEMEM*EMEMEMEM*EMEMEM*EMEMEMEM*EMEMEMEM*EMEMEM*EMEMEMEM*EMEMEMEME",
        hidden: 8192, heads: 64, mambaHeads: 256, experts: 512, topK: 22, intermediate: 5120, shared: 10240, latent: 2048);

    /// <summary>Every kind of layer and every optional tensor.</summary>
    public static NemotronHConfig Tiny { get; } = MoeModel(
        "ME*M-", hidden: 48, heads: 4, mambaHeads: 4, experts: 3, topK: 2, intermediate: 24, shared: 40, latent: 16, bias: true) with
    {
        VocabSize = 131,
        Mamba = Mamba(4, 16) with { StateSize = 8, NumGroups = 2, UseBias = true },
        Attention = new AttentionConfig { NumHeads = 4, NumKeyValueHeads = 2, HeadDim = 8, Bias = true },
        Mlp = new MlpConfig { IntermediateSizes = [56], Bias = true },
    };

    private static NemotronHConfig DenseModel(string pattern, int hidden, int heads, int mambaHeads, int mambaHeadDim, int feedForward) =>
        Common(pattern, hidden, heads, keyValueHeads: 8, Mamba(mambaHeads, mambaHeadDim)) with
        {
            Mlp = new MlpConfig { IntermediateSizes = [.. Enumerable.Repeat(feedForward, pattern.Count(letter => letter == '-'))] },
        };

    private static NemotronHConfig MoeModel(
        string pattern, int hidden, int heads, int mambaHeads, int experts, int topK, int intermediate, int shared, int? latent, bool bias = false) =>
        Common(pattern, hidden, heads, keyValueHeads: 2, Mamba(mambaHeads, 64)) with
        {
            Moe = new MoeConfig
            {
                NumExperts = experts,
                TopK = topK,
                IntermediateSize = intermediate,
                SharedIntermediateSize = shared,
                NumSharedExperts = 1,
                LatentSize = latent,
                NumGroups = 1,
                TopKGroups = 1,
                NormTopKProb = true,
                RoutedScalingFactor = 2.5,
                Bias = bias,
            },
        };

    private static NemotronHConfig Common(string pattern, int hidden, int heads, int keyValueHeads, MambaConfig mamba) => new()
    {
        VocabSize = 131072,
        HiddenSize = hidden,
        Layers = [.. pattern.Select(Kind)],
        Mamba = mamba,
        Attention = new AttentionConfig { NumHeads = heads, NumKeyValueHeads = keyValueHeads, HeadDim = 128 },
        LayerNormEpsilon = 1e-5,
        MaxPositionEmbeddings = 262144,
    };

    private static MambaConfig Mamba(int heads, int headDim) => new()
    {
        NumHeads = heads,
        HeadDim = headDim,
        StateSize = 128,
        NumGroups = 8,
        ConvKernel = 4,
        ChunkSize = 128,
        UseConvBias = true,
    };

    private static LayerKind Kind(char letter) => letter switch
    {
        'M' => LayerKind.Mamba,
        '*' => LayerKind.Attention,
        '-' => LayerKind.Mlp,
        _ => LayerKind.MixtureOfExperts,
    };
}
