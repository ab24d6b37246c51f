using NemotronH.Checkpoints.Quantizing;
using NemotronH.Configuration;
using NemotronH.Quantization;

namespace NemotronH.Checkpoints.Synthetic;

/// <summary>How a random checkpoint stores a model.</summary>
/// <param name="Description">Where the layout is known from, in one phrase.</param>
/// <param name="Recipe">What becomes of which module; <see langword="null"/> if nothing is quantised.</param>
internal sealed record RandomLayout(string Description, QuantizationRecipe? Recipe = null)
{
    /// <summary>Element type of router matrices.</summary>
    internal StoredDtype RouterDtype { get; init; } = StoredDtype.Float32;

    /// <summary>What the config says of the KV cache.</summary>
    internal KvCachePrecision KvCache { get; init; }

    /// <summary>Whether attention layers have scales for a KV cache in FP8.</summary>
    internal bool HasKvScales { get; init; }

    /// <summary>Whether config.json says how the checkpoint is quantised, and not <c>hf_quant_config.json</c> alone.</summary>
    internal bool IsInConfig { get; init; } = true;

    /// <summary>The layout of a precision.</summary>
    internal static RandomLayout Of(NemotronHConfig config, RandomPrecision precision) => precision switch
    {
        RandomPrecision.BFloat16 => new RandomLayout("bfloat16"),
        RandomPrecision.Nvfp4 => new RandomLayout("NVFP4 linear layers and experts", WithActivations(QuantizationRecipes.Nvfp4)),
        RandomPrecision.Fp8 => new RandomLayout("FP8 linear layers and experts", QuantizationRecipes.Fp8),
        RandomPrecision.Official => OfficialLayouts.Of(config),
        _ => throw new ArgumentOutOfRangeException(nameof(precision), precision, "Not a precision."),
    };

    /// <summary>A recipe whose NVFP4 modules are labelled for 4-bit activations.</summary>
    internal static QuantizationRecipe WithActivations(QuantizationRecipe recipe) => recipe with
    {
        Rules =
        [
            .. recipe.Rules.Select(rule =>
                rule.Precision == ModulePrecision.W4A16Nvfp4 ? rule with { Precision = ModulePrecision.Nvfp4 } : rule),
        ],
    };

    /// <summary>What the recipe makes of a model's modules; <see langword="null"/> if nothing is quantised.</summary>
    /// <exception cref="QuantizationException">A module cannot be quantised so.</exception>
    internal PrecisionPlan? Plan(NemotronHConfig config) => Recipe is null ? null : PrecisionPlan.Of(config, Recipe);

    /// <summary>Every tensor of the checkpoint, in the order of the forward pass.</summary>
    internal IEnumerable<RandomTensor> Enumerate(NemotronHConfig config, PrecisionPlan? plan)
    {
        foreach (PlannedTensor planned in ModelTensorPlan.Enumerate(config))
        {
            ModulePrecision precision = plan?.Of(planned) ?? ModulePrecision.Unquantized;
            IEnumerable<StoredTensorInfo> stored =
                precision != ModulePrecision.Unquantized ? QuantizedTensors.Of(planned, precision, HasInputScale(planned, precision))
                : planned.Role == TensorRole.RouterWeight ? [planned.Unquantized with { Dtype = RouterDtype }]
                : [planned.Unquantized];
            foreach (StoredTensorInfo tensor in stored.Concat(KvScale(planned)))
            {
                yield return new RandomTensor(tensor, planned, precision);
            }
        }
    }

    /// <summary>Embeddings have no activations, and NVIDIA's FP8 heads are weight-only.</summary>
    private static bool HasInputScale(PlannedTensor planned, ModulePrecision precision) =>
        precision != ModulePrecision.W4A16Nvfp4 && planned.Role is not (TensorRole.Embedding or TensorRole.Head);

    private IEnumerable<StoredTensorInfo> KvScale(PlannedTensor planned)
    {
        string? name = !HasKvScales || planned.Role != TensorRole.LinearWeight ? null
            : planned.Name.EndsWith(".k_proj.weight", StringComparison.Ordinal) ? "k_scale"
            : planned.Name.EndsWith(".v_proj.weight", StringComparison.Ordinal) ? "v_scale"
            : null;
        return name is null ? [] : [new($"{QuantizedTensors.ModuleOf(planned)}.{name}", StoredDtype.Float32, [])];
    }
}
