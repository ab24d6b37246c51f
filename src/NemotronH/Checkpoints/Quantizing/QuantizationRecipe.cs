using NemotronH.Quantization.Formats;

namespace NemotronH.Checkpoints.Quantizing;

/// <summary>Which modules of a model are quantised, and how.</summary>
public sealed record QuantizationRecipe
{
    /// <summary>What messages call the recipe.</summary>
    public required string Name { get; init; }

    /// <summary>The first rule that covers a module holds; a module that none covers is not quantised.</summary>
    public required IReadOnlyList<QuantizationRule> Rules { get; init; }

    /// <summary>Patterns of modules that are not quantised whatever the rules say; each must match some module.</summary>
    public IReadOnlyList<string> Excluded { get; init; } = [];

    /// <summary>How NVFP4 weights are rounded.</summary>
    public Nvfp4Options Nvfp4Options { get; init; } = Nvfp4Options.Default;
}
