namespace NemotronH.Checkpoints;

/// <summary>
/// What a weight tensor is for. <see cref="Embedding"/>, <see cref="Head"/>, <see cref="LinearWeight"/> and <see cref="ExpertWeight"/> are
/// matrices that a checkpoint may quantise; every other tensor keeps a floating-point type.
/// </summary>
public enum TensorRole
{
    /// <summary>Token embeddings, [vocabulary, hidden].</summary>
    Embedding,

    /// <summary>Output head, [vocabulary, hidden].</summary>
    Head,

    /// <summary>Weight of a linear layer, [out, in]: Mamba and attention projections, MLPs, shared experts, latent projections.</summary>
    LinearWeight,

    /// <summary>Weight of a routed expert, [out, in].</summary>
    ExpertWeight,

    /// <summary>Bias of a linear layer, [out].</summary>
    LinearBias,

    /// <summary>Weight of an RMSNorm: of a block, of Mamba's gated norm, or the final one.</summary>
    NormWeight,

    /// <summary>Router matrix, [experts, hidden].</summary>
    RouterWeight,

    /// <summary>Correction added to the router's scores for selection, [experts].</summary>
    RouterBias,

    /// <summary>Depthwise causal convolution, [channels, 1, kernel].</summary>
    ConvWeight,

    /// <summary>Bias of the convolution, [channels].</summary>
    ConvBias,

    /// <summary>Logarithm of the negated decay rate A, [heads].</summary>
    MambaALog,

    /// <summary>Skip connection D, [heads].</summary>
    MambaD,

    /// <summary>Bias of dt before softplus, [heads].</summary>
    MambaDtBias,
}
