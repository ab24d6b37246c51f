using System.Runtime.InteropServices;
using System.Text.RegularExpressions;

namespace NemotronH.Quantization;

/// <summary>The modules that a config lists as quantised, each with its precision; every lookup is one of a dictionary.</summary>
internal sealed class ModuleMap
{
    private const string Experts = ".experts";

    private readonly Dictionary<string, ModulePrecision> _modules;
    private readonly IReadOnlyList<(Regex Pattern, ModulePrecision Precision)> _patterns;

    /// <summary>The one precision below each block that holds listed modules; null where they differ.</summary>
    private readonly Dictionary<string, ModulePrecision?> _blocks = new(StringComparer.Ordinal);

    /// <summary>Takes over a list.</summary>
    /// <param name="modules">Canonical names and precisions.</param>
    /// <param name="isComplete">Whether a module that is not listed is unquantised.</param>
    /// <param name="patterns">Regular expressions that stand for further modules.</param>
    public ModuleMap(
        Dictionary<string, ModulePrecision> modules, bool isComplete, IReadOnlyList<(Regex Pattern, ModulePrecision Precision)>? patterns = null)
    {
        _modules = modules;
        _patterns = patterns ?? [];
        IsComplete = isComplete;
        foreach ((string name, ModulePrecision precision) in modules)
        {
            AddBlocks(name, precision);
        }
    }

    /// <summary>Whether a module that is not listed is unquantised.</summary>
    public bool IsComplete { get; }

    /// <summary>What is listed, by canonical name.</summary>
    public IReadOnlyDictionary<string, ModulePrecision> Modules => _modules;

    /// <summary>What is listed under a module's own name.</summary>
    public ModulePrecision? Exact(string module) => _modules.TryGetValue(module, out ModulePrecision precision) ? precision : null;

    /// <summary>Whether modules below a block are listed, and the precision they share (null where they do not).</summary>
    public bool TryGetBlock(string block, out ModulePrecision? precision) => _blocks.TryGetValue(block, out precision);

    /// <summary>What is listed for the bank of experts that a module belongs to, or for the mixer around the bank.</summary>
    public ModulePrecision? OfExpertBank(string module)
    {
        int start = module.IndexOf(Experts + ".", StringComparison.Ordinal);
        start = start < 0 && module.EndsWith(Experts, StringComparison.Ordinal) ? module.Length - Experts.Length : start;
        return start < 0 ? null : Exact(module[..(start + Experts.Length)]) ?? Exact(module[..start]);
    }

    /// <summary>What a pattern says of a module.</summary>
    public ModulePrecision? OfPattern(string module)
    {
        foreach ((Regex pattern, ModulePrecision precision) in _patterns)
        {
            if (ExcludeList.IsMatch(pattern, module))
            {
                return precision;
            }
        }

        return null;
    }

    private void AddBlocks(string name, ModulePrecision precision)
    {
        Dictionary<string, ModulePrecision?>.AlternateLookup<ReadOnlySpan<char>> blocks = _blocks.GetAlternateLookup<ReadOnlySpan<char>>();
        for (int dot = name.LastIndexOf('.'); dot > 0; dot = name.LastIndexOf('.', dot - 1))
        {
            ref ModulePrecision? known = ref CollectionsMarshal.GetValueRefOrAddDefault(blocks, name.AsSpan(0, dot), out bool exists);
            if (exists && (known is null || known == precision))
            {
                return; // whoever came by before went up to the root
            }

            known = exists ? null : precision;
        }
    }
}
