using NemotronH.Configuration;

namespace NemotronH.Tests.Checkpoints.Quantizing;

/// <summary>Small models whose matrices have rows of whole NVFP4 blocks.</summary>
internal static class QuantizableConfigs
{
    /// <summary><c>ME*M-</c> with latent experts, biases everywhere; no Mamba block stands directly before the attention.</summary>
    public static NemotronHConfig AllKinds { get; } = TestConfigs.Tiny with
    {
        Moe = TestConfigs.Tiny.Moe! with { IntermediateSize = 32, SharedIntermediateSize = 64 },
        Attention = TestConfigs.Tiny.Attention! with { HeadDim = 16 },
        Mlp = new MlpConfig { IntermediateSizes = [80], Bias = true },
    };

    /// <summary><c>M*ME-</c> without biases and without a latent space.</summary>
    public static NemotronHConfig Plain { get; } = AllKinds with
    {
        Layers = [LayerKind.Mamba, LayerKind.Attention, LayerKind.Mamba, LayerKind.MixtureOfExperts, LayerKind.Mlp],
        Mamba = AllKinds.Mamba! with { UseBias = false },
        Attention = AllKinds.Attention! with { Bias = false },
        Moe = AllKinds.Moe! with { Bias = false, LatentSize = null },
        Mlp = new MlpConfig { IntermediateSizes = [80] },
    };

    /// <summary>One MLP block of two matrices, [rows, 16] and [16, rows].</summary>
    public static NemotronHConfig SingleMlp(int rows) => Plain with
    {
        VocabSize = 3,
        HiddenSize = 16,
        Layers = [LayerKind.Mlp],
        Mlp = new MlpConfig { IntermediateSizes = [rows] },
        Mamba = null,
        Attention = null,
        Moe = null,
    };
}
