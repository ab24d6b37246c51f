namespace NemotronH.Configuration;

/// <summary>Sizes and constants of the mixture-of-experts mixers.</summary>
public sealed record MoeConfig
{
    /// <summary>Number of routed experts.</summary>
    public required int NumExperts { get; init; }

    /// <summary>Routed experts per token.</summary>
    public required int TopK { get; init; }

    /// <summary>Inner width of a routed expert.</summary>
    public required int IntermediateSize { get; init; }

    /// <summary>Inner width of the shared experts together.</summary>
    public required int SharedIntermediateSize { get; init; }

    /// <summary>Number of shared experts; 0 means none.</summary>
    public required int NumSharedExperts { get; init; }

    /// <summary>Width of the latent space the routed experts work in, or <see langword="null"/> where they work on the hidden size.</summary>
    public int? LatentSize { get; init; }

    /// <summary>Number of groups the experts are divided into for selection (<c>n_group</c>).</summary>
    public required int NumGroups { get; init; }

    /// <summary>Groups that stay selectable per token (<c>topk_group</c>).</summary>
    public required int TopKGroups { get; init; }

    /// <summary>Whether the chosen weights are divided by their sum.</summary>
    public required bool NormTopKProb { get; init; }

    /// <summary>Factor on the routed experts' weights after normalisation.</summary>
    public required double RoutedScalingFactor { get; init; }

    /// <summary>Whether shared experts and latent projections have biases (<c>mlp_bias</c>); routed experts never do.</summary>
    public bool Bias { get; init; }
}
