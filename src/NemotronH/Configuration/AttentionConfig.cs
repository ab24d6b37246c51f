namespace NemotronH.Configuration;

/// <summary>Sizes of the attention mixers.</summary>
public sealed record AttentionConfig
{
    /// <summary>Number of query heads.</summary>
    public required int NumHeads { get; init; }

    /// <summary>Number of key and value heads; divides <see cref="NumHeads"/>.</summary>
    public required int NumKeyValueHeads { get; init; }

    /// <summary>Channels per head.</summary>
    public required int HeadDim { get; init; }

    /// <summary>Whether q, k, v and o projections have biases.</summary>
    public bool Bias { get; init; }
}
