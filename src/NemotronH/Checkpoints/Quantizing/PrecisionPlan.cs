using NemotronH.Configuration;
using NemotronH.Quantization;
using NemotronH.Quantization.Formats;

namespace NemotronH.Checkpoints.Quantizing;

/// <summary>What a recipe makes of each module of a model.</summary>
internal sealed class PrecisionPlan
{
    private readonly Dictionary<string, ModulePrecision> _precisions = [];
    private readonly List<string> _convolutions = [];

    private PrecisionPlan(NemotronHConfig config, QuantizationRecipe recipe)
    {
        var matcher = new RecipeMatcher(recipe);
        foreach (PlannedTensor tensor in ModelTensorPlan.Enumerate(config))
        {
            if (tensor.IsQuantizable())
            {
                string module = QuantizedTensors.ModuleOf(tensor);
                ModulePrecision precision = matcher.PrecisionOf(module, IsBeforeAttention(config, tensor.LayerIndex));
                CheckBlocks(module, tensor, precision);
                _precisions.Add(module, precision);
            }
            else if (tensor.Role == TensorRole.ConvWeight)
            {
                _convolutions.Add(QuantizedTensors.ModuleOf(tensor));
            }
        }

        matcher.CheckExcluded();
        CheckBanks();
        UnmatchedRules = matcher.UnmatchedRules;
    }

    /// <summary>The precision of every module that could be quantised, by canonical name, in the order of the forward pass.</summary>
    internal IReadOnlyDictionary<string, ModulePrecision> Modules => _precisions;

    /// <summary>Patterns of rules that decide about no module.</summary>
    internal IReadOnlyList<string> UnmatchedRules { get; }

    /// <summary>Applies a recipe to a model.</summary>
    /// <exception cref="QuantizationException">
    /// A pattern excludes nothing, a module cannot have its precision, experts of one bank differ, or nothing would be quantised.
    /// </exception>
    internal static PrecisionPlan Of(NemotronHConfig config, QuantizationRecipe recipe)
    {
        var plan = new PrecisionPlan(config, recipe);
        return plan._precisions.Values.Any(precision => precision != ModulePrecision.Unquantized)
            ? plan
            : throw new QuantizationException($"the recipe {recipe.Name} quantises no module of this model; expected at least one");
    }

    /// <summary>The precision of a tensor's module; unquantised for a tensor that is no quantisable matrix.</summary>
    internal ModulePrecision Of(PlannedTensor tensor) =>
        tensor.IsQuantizable() ? _precisions[QuantizedTensors.ModuleOf(tensor)] : ModulePrecision.Unquantized;

    /// <summary>Describes the plan as ModelOpt's exporter does.</summary>
    /// <param name="kvCache">The precision the KV cache is meant for.</param>
    /// <param name="otherParts">Roots of what the checkpoint holds beside the language model, none of it quantised: <c>mtp</c>.</param>
    /// <remarks>
    /// A model with one precision lists what is left out: linear layers, convolutions and the head, but not the embeddings, which the
    /// exporter counts among linear layers in no checkpoint. A mixed model lists what is quantised, and nothing else.
    /// </remarks>
    internal QuantizationConfig Describe(KvCachePrecision kvCache, IEnumerable<string> otherParts)
    {
        var quantized = _precisions.Where(module => module.Value != ModulePrecision.Unquantized);
        bool isMixed = quantized.Select(module => module.Value).Distinct().Count() > 1;
        IEnumerable<string> excluded = isMixed
            ? []
            : _precisions.Where(module => module.Value == ModulePrecision.Unquantized && module.Key != "backbone.embeddings")
                .Select(module => module.Key)
                .Concat(_convolutions)
                .Order(StringComparer.Ordinal)
                .Concat(otherParts.Select(part => part + "*"));
        return QuantizationConfig.FromModules(
            [.. quantized, .. excluded.Select(name => KeyValuePair.Create(name, ModulePrecision.Unquantized))], kvCache);
    }

    private static bool IsBeforeAttention(NemotronHConfig config, int? layer) =>
        layer is int index && index + 1 < config.Layers.Length && config.Layers[index + 1] == LayerKind.Attention;

    private static void CheckBlocks(string module, PlannedTensor tensor, ModulePrecision precision)
    {
        if (precision.IsNvfp4() && tensor.Shape[1] % Nvfp4.BlockSize != 0)
        {
            throw new QuantizationException(
                $"{module}: has {tensor.Shape[1]} columns; NVFP4 needs a multiple of {Nvfp4.BlockSize}: "
                + $"exclude it, as quantize --exclude '{module}' does, or give it another precision");
        }
    }

    /// <summary>Engines run the experts of a block as one, so one of another precision would make a checkpoint that none reads.</summary>
    private void CheckBanks()
    {
        const string Experts = ".experts.";
        var first = new Dictionary<string, KeyValuePair<string, ModulePrecision>>();
        foreach (KeyValuePair<string, ModulePrecision> module in _precisions.Where(module => module.Key.Contains(Experts)))
        {
            string bank = module.Key[..module.Key.IndexOf(Experts, StringComparison.Ordinal)];
            if (!first.TryAdd(bank, module) && first[bank].Value != module.Value)
            {
                throw new QuantizationException(
                    $"{module.Key}: would be {module.Value.ToDisplayName()}, but {first[bank].Key} {first[bank].Value.ToDisplayName()}; "
                    + "expected one precision for all experts of a block");
            }
        }
    }
}
