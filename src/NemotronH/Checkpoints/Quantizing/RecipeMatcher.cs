using NemotronH.Quantization;

namespace NemotronH.Checkpoints.Quantizing;

/// <summary>Applies a recipe's patterns, and remembers which of them ever matched.</summary>
/// <param name="recipe">The recipe.</param>
internal sealed class RecipeMatcher(QuantizationRecipe recipe)
{
    private readonly HashSet<string> _excluding = [];
    private readonly HashSet<QuantizationRule> _deciding = [];

    /// <summary>Patterns of rules that decided about no module so far.</summary>
    internal IReadOnlyList<string> UnmatchedRules =>
        [.. recipe.Rules.Where(rule => !_deciding.Contains(rule)).Select(rule => rule.Modules)];

    /// <summary>What a module becomes.</summary>
    internal ModulePrecision PrecisionOf(string module, bool beforeAttention)
    {
        string[] excluding = [.. recipe.Excluded.Where(pattern => ModulePattern.IsMatch(pattern, module))];
        _excluding.UnionWith(excluding);
        if (excluding.Length > 0 || recipe.Rules.FirstOrDefault(rule => rule.Covers(module, beforeAttention)) is not { } rule)
        {
            return ModulePrecision.Unquantized;
        }

        _deciding.Add(rule);
        return rule.Precision;
    }

    /// <summary>Checks, after all modules were seen, that every excluding pattern meant one of them.</summary>
    /// <exception cref="QuantizationException">One did not: it is mistyped, and what it meant would be quantised.</exception>
    internal void CheckExcluded()
    {
        foreach (string pattern in recipe.Excluded.Where(pattern => !_excluding.Contains(pattern)))
        {
            string fault = ModulePattern.Fault(pattern) ?? "matches no module of this model that could be quantised";
            throw new QuantizationException(
                $"the excluding pattern '{pattern}' {fault}; "
                + "expected one of names such as 'lm_head' and 'backbone.layers.0.mixer.in_proj'");
        }
    }
}
