using NemotronH.Quantization;
using NemotronH.Quantization.Formats;

namespace NemotronH.Checkpoints.Quantizing;

/// <summary>Recipes that NVIDIA uses for the family, weights only.</summary>
public static class QuantizationRecipes
{
    private const string Experts = "*.mixer.experts.*";
    private const string SharedExperts = "*.mixer.shared_experts.*";
    private const string InProjection = "*.mixer.in_proj";
    private const string OutProjection = "*.mixer.out_proj";

    /// <summary>NVFP4 for every linear layer and expert, as ModelOpt's default has it: all but embeddings and output head.</summary>
    public static QuantizationRecipe Nvfp4 { get; } = Uniform("nvfp4", ModulePrecision.W4A16Nvfp4);

    /// <summary>FP8 for every linear layer and expert: all but embeddings and output head.</summary>
    public static QuantizationRecipe Fp8 { get; } = Uniform("fp8", ModulePrecision.Fp8);

    /// <summary>
    /// As Nemotron 3 Nano is released: NVFP4 for routed and shared experts and for the projections of Mamba layers, save those that feed an
    /// attention layer directly.
    /// </summary>
    public static QuantizationRecipe Nano { get; } = new()
    {
        Name = "nano",
        Rules =
        [
            new(Experts, ModulePrecision.W4A16Nvfp4),
            new(SharedExperts, ModulePrecision.W4A16Nvfp4),
            new(InProjection, ModulePrecision.Unquantized, BeforeAttention: true),
            new(OutProjection, ModulePrecision.Unquantized, BeforeAttention: true),
            new(InProjection, ModulePrecision.W4A16Nvfp4),
            new(OutProjection, ModulePrecision.W4A16Nvfp4),
        ],
    };

    /// <summary>
    /// As ModelOpt's recipe for Nemotron 3 Super divides it: NVFP4 for routed experts, FP8 for shared experts and Mamba projections. That
    /// recipe also searches the block scales: set <see cref="Nvfp4Options.ScaleSearch"/> for it.
    /// </summary>
    public static QuantizationRecipe Super { get; } = new()
    {
        Name = "super",
        Rules =
        [
            new(Experts, ModulePrecision.W4A16Nvfp4),
            new(SharedExperts, ModulePrecision.Fp8),
            new(InProjection, ModulePrecision.Fp8),
            new(OutProjection, ModulePrecision.Fp8),
        ],
    };

    /// <summary>
    /// As ModelOpt's recipe for Nemotron 3.5 Lightning: four-over-six NVFP4 for routed and shared experts and the output head, FP8 for
    /// Mamba projections.
    /// </summary>
    public static QuantizationRecipe Lightning { get; } = new()
    {
        Name = "lightning",
        Rules =
        [
            new(Experts, ModulePrecision.W4A16Nvfp4),
            new(SharedExperts, ModulePrecision.W4A16Nvfp4),
            new("lm_head", ModulePrecision.W4A16Nvfp4),
            new(InProjection, ModulePrecision.Fp8),
            new(OutProjection, ModulePrecision.Fp8),
        ],
        Nvfp4Options = new Nvfp4Options { FourOverSix = true },
    };

    /// <summary>The recipes named after models.</summary>
    public static IReadOnlyList<QuantizationRecipe> OfModels { get; } = [Nano, Super, Lightning];

    private static QuantizationRecipe Uniform(string name, ModulePrecision precision) => new()
    {
        Name = name,
        Rules =
        [
            new("backbone.embeddings", ModulePrecision.Unquantized),
            new("lm_head", ModulePrecision.Unquantized),
            new("*", precision),
        ],
    };
}
