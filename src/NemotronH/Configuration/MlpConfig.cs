using System.Collections.Immutable;

namespace NemotronH.Configuration;

/// <summary>Sizes of the dense MLP mixers.</summary>
public sealed record MlpConfig
{
    /// <summary>Inner width of each MLP block, in the order of the MLP blocks.</summary>
    public required ImmutableArray<int> IntermediateSizes { get; init; }

    /// <summary>Whether up and down projections have biases (<c>mlp_bias</c>).</summary>
    public bool Bias { get; init; }
}
