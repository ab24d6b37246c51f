using NemotronH.Configuration;

namespace NemotronH.Checkpoints;

/// <summary>The tensors of one block.</summary>
/// <param name="Index">The block's index.</param>
/// <param name="Kind">What its mixer is.</param>
/// <param name="Hidden">Width of the residual stream.</param>
internal sealed record LayerPlan(int Index, LayerKind Kind, int Hidden)
{
    /// <summary>A norm over <paramref name="width"/> channels.</summary>
    internal IEnumerable<PlannedTensor> Norm(string module, int width) => [Tensor($"{module}.weight", TensorRole.NormWeight, width)];

    /// <summary>A Mamba-2 mixer.</summary>
    internal IEnumerable<PlannedTensor> Mamba(MambaConfig mamba) =>
    [
        .. Linear("mixer.in_proj", mamba.InProjectionSize, Hidden, mamba.UseBias),
        Tensor("mixer.conv1d.weight", TensorRole.ConvWeight, mamba.ConvDim, 1, mamba.ConvKernel),
        .. Optional(mamba.UseConvBias, Tensor("mixer.conv1d.bias", TensorRole.ConvBias, mamba.ConvDim)),
        Tensor("mixer.A_log", TensorRole.MambaALog, mamba.NumHeads),
        Tensor("mixer.D", TensorRole.MambaD, mamba.NumHeads),
        Tensor("mixer.dt_bias", TensorRole.MambaDtBias, mamba.NumHeads),
        .. Norm("mixer.norm", mamba.InnerSize),
        .. Linear("mixer.out_proj", Hidden, mamba.InnerSize, mamba.UseBias),
    ];

    /// <summary>An attention mixer.</summary>
    internal IEnumerable<PlannedTensor> Attention(AttentionConfig attention)
    {
        int queries = attention.NumHeads * attention.HeadDim;
        int keys = attention.NumKeyValueHeads * attention.HeadDim;
        return
        [
            .. Linear("mixer.q_proj", queries, Hidden, attention.Bias),
            .. Linear("mixer.k_proj", keys, Hidden, attention.Bias),
            .. Linear("mixer.v_proj", keys, Hidden, attention.Bias),
            .. Linear("mixer.o_proj", Hidden, queries, attention.Bias),
        ];
    }

    /// <summary>A dense MLP mixer.</summary>
    internal IEnumerable<PlannedTensor> Mlp(MlpConfig mlp, int ordinal) =>
        UpDown("mixer", Hidden, mlp.IntermediateSizes[ordinal], mlp.Bias);

    /// <summary>A mixture of experts; the routed ones work on the latent width where there is one.</summary>
    internal IEnumerable<PlannedTensor> MixtureOfExperts(MoeConfig moe)
    {
        int width = moe.LatentSize ?? Hidden;
        return
        [
            Tensor("mixer.gate.weight", TensorRole.RouterWeight, moe.NumExperts, Hidden),
            Tensor("mixer.gate.e_score_correction_bias", TensorRole.RouterBias, moe.NumExperts),
            .. moe.LatentSize is null ? [] : Linear("mixer.fc1_latent_proj", width, Hidden, moe.Bias),
            .. Enumerable.Range(0, moe.NumExperts).SelectMany(e => Expert(e, width, moe.IntermediateSize)),
            .. moe.LatentSize is null ? [] : Linear("mixer.fc2_latent_proj", Hidden, width, moe.Bias),
            .. moe.NumSharedExperts == 0 ? [] : UpDown("mixer.shared_experts", Hidden, moe.SharedIntermediateSize, moe.Bias),
        ];
    }

    private IEnumerable<PlannedTensor> Expert(int expert, int width, int intermediate) =>
    [
        Tensor($"mixer.experts.{expert}.up_proj.weight", TensorRole.ExpertWeight, intermediate, width),
        Tensor($"mixer.experts.{expert}.down_proj.weight", TensorRole.ExpertWeight, width, intermediate),
    ];

    private IEnumerable<PlannedTensor> UpDown(string module, int width, int intermediate, bool bias) =>
        [.. Linear($"{module}.up_proj", intermediate, width, bias), .. Linear($"{module}.down_proj", width, intermediate, bias)];

    private IEnumerable<PlannedTensor> Linear(string module, int rows, int columns, bool bias) =>
    [
        Tensor($"{module}.weight", TensorRole.LinearWeight, rows, columns),
        .. Optional(bias, Tensor($"{module}.bias", TensorRole.LinearBias, rows)),
    ];

    private PlannedTensor Tensor(string name, TensorRole role, params long[] shape) =>
        new($"backbone.layers.{Index}.{name}", role, Index, Kind, shape);

    private static IEnumerable<PlannedTensor> Optional(bool present, PlannedTensor tensor) => present ? [tensor] : [];
}
