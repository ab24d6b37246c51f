using FsCheck;
using FsCheck.Fluent;
using NemotronH.Configuration;

namespace NemotronH.Tests.Configuration;

/// <summary>Generates valid configurations with any mix of layers.</summary>
internal static class RandomConfigs
{
    public static Gen<NemotronHConfig> Any =>
        from layers in Gen.NonEmptyListOf(Gen.Elements(Enum.GetValues<LayerKind>()))
        from mamba in Mamba
        from attention in Attention
        from mlpSizes in Gen.ListOf(Small, layers.Count)
        from moe in Moe
        from bias in Flag
        from sizes in Gen.ListOf(Small, 4)
        from flags in Gen.ListOf(Flag, 2)
        from epsilon in Gen.Elements(1e-5, 1e-6, 0.25)
        from eos in Gen.ListOf(Gen.Choose(0, 99))
        from ids in Gen.ListOf(Gen.Choose(-1, 99), 2)
        select new NemotronHConfig
        {
            Layers = [.. layers],
            VocabSize = sizes[0] + 99,
            HiddenSize = sizes[1],
            MaxPositionEmbeddings = sizes[2],
            LayerNormEpsilon = epsilon,
            Mamba = layers.Contains(LayerKind.Mamba) ? mamba : null,
            Attention = layers.Contains(LayerKind.Attention) ? attention : null,
            Mlp = layers.Contains(LayerKind.Mlp) ? Mlp(layers, mlpSizes, bias) : null,
            Moe = layers.Contains(LayerKind.MixtureOfExperts) ? moe with { Bias = bias } : null,
            TieWordEmbeddings = flags[0],
            ResidualInFp32 = flags[1],
            EosTokenIds = [.. eos],
            BosTokenId = ids[0] < 0 ? null : ids[0],
            PadTokenId = ids[1] < 0 ? null : ids[1],
            NumNextnPredictLayers = sizes[3] - 1,
        };

    private static Gen<int> Small => Gen.Choose(1, 40);

    private static Gen<bool> Flag => Gen.Elements(true, false);

    private static Gen<MambaConfig> Mamba =>
        from groups in Gen.Choose(1, 4)
        from sizes in Gen.ListOf(Small, 5)
        from flags in Gen.ListOf(Flag, 2)
        from limit in Gen.Elements((0.0, double.PositiveInfinity), (0.001, 0.1), (0.5, double.PositiveInfinity))
        from least in Gen.Elements(0, 0.001, 0.5)
        select new MambaConfig
        {
            NumGroups = groups,
            NumHeads = groups * sizes[0],
            HeadDim = sizes[1],
            StateSize = sizes[2],
            ConvKernel = sizes[3],
            ChunkSize = sizes[4],
            UseConvBias = flags[0],
            UseBias = flags[1],
            TimeStepLimit = limit,
            TimeStepMin = least,
        };

    private static Gen<AttentionConfig> Attention =>
        from keyValueHeads in Gen.Choose(1, 4)
        from repeats in Gen.Choose(1, 4)
        from headDim in Small
        from bias in Flag
        select new AttentionConfig { NumHeads = keyValueHeads * repeats, NumKeyValueHeads = keyValueHeads, HeadDim = headDim, Bias = bias };

    private static Gen<MoeConfig> Moe =>
        from groups in Gen.Choose(1, 4)
        from perGroup in Gen.Choose(2, 5)
        from topGroups in Gen.Choose(1, groups)
        from topK in Gen.Choose(1, topGroups * perGroup)
        from sizes in Gen.ListOf(Small, 3)
        from shared in Gen.Choose(0, 2)
        from flags in Gen.ListOf(Flag, 2)
        from scale in Gen.Elements(1, 2.5, 0.125)
        select new MoeConfig
        {
            NumExperts = groups * perGroup,
            TopK = topK,
            NumGroups = groups,
            TopKGroups = topGroups,
            IntermediateSize = sizes[0],
            NumSharedExperts = shared,
            SharedIntermediateSize = shared == 0 ? 0 : sizes[1],
            LatentSize = flags[0] ? sizes[2] : null,
            NormTopKProb = flags[1],
            RoutedScalingFactor = scale,
        };

    private static MlpConfig Mlp(IEnumerable<LayerKind> layers, IEnumerable<int> sizes, bool bias) =>
        new() { IntermediateSizes = [.. sizes.Take(layers.Count(kind => kind == LayerKind.Mlp))], Bias = bias };
}
