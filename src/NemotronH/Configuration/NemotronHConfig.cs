using System.Collections.Immutable;

namespace NemotronH.Configuration;

/// <summary>Shape and constants of one Nemotron-H model, as its <c>config.json</c> gives them under whichever names.</summary>
public sealed record NemotronHConfig
{
    /// <summary>Vocabulary size: rows of the embedding and of the output head.</summary>
    public required int VocabSize { get; init; }

    /// <summary>Width of the residual stream.</summary>
    public required int HiddenSize { get; init; }

    /// <summary>The kind of each block's mixer, first block first.</summary>
    public required ImmutableArray<LayerKind> Layers { get; init; }

    /// <summary>Mamba-2 sizes; present exactly when some block is <see cref="LayerKind.Mamba"/>.</summary>
    public MambaConfig? Mamba { get; init; }

    /// <summary>Attention sizes; present exactly when some block is <see cref="LayerKind.Attention"/>.</summary>
    public AttentionConfig? Attention { get; init; }

    /// <summary>MLP sizes; present exactly when some block is <see cref="LayerKind.Mlp"/>.</summary>
    public MlpConfig? Mlp { get; init; }

    /// <summary>Mixture-of-experts sizes; present exactly when some block is <see cref="LayerKind.MixtureOfExperts"/>.</summary>
    public MoeConfig? Moe { get; init; }

    /// <summary>Epsilon of every RMSNorm.</summary>
    public required double LayerNormEpsilon { get; init; }

    /// <summary>Whether the output head shares the embedding matrix (the checkpoint then has no <c>lm_head</c>).</summary>
    public bool TieWordEmbeddings { get; init; }

    /// <summary>Whether the config asks for a residual stream in float32 whatever the compute dtype; it is kept so either way.</summary>
    public bool ResidualInFp32 { get; init; }

    /// <summary>Longest context the model was made for, in tokens.</summary>
    public required int MaxPositionEmbeddings { get; init; }

    /// <summary>Id of the token that begins a text, if the config names one.</summary>
    public int? BosTokenId { get; init; }

    /// <summary>Ids that end a text; empty if the config names none.</summary>
    public ImmutableArray<int> EosTokenIds { get; init; } = [];

    /// <summary>Id of the padding token, if the config names one.</summary>
    public int? PadTokenId { get; init; }

    /// <summary>Number of multi-token-prediction blocks whose tensors the checkpoint may carry; they are not run.</summary>
    public int NumNextnPredictLayers { get; init; }

    /// <summary>What the reader found odd but harmless in the file; one sentence each.</summary>
    public ImmutableArray<string> Notes { get; init; } = [];
}
