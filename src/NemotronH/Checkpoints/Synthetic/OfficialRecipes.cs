using NemotronH.Checkpoints.Quantizing;
using NemotronH.Quantization;

namespace NemotronH.Checkpoints.Synthetic;

/// <summary>What NVIDIA did to models whose releases follow no rule of thumb.</summary>
internal static class OfficialRecipes
{
    private const string Experts = "*.mixer.experts.*";

    /// <summary>Nemotron 3 Super as released: found by a search, so that layers of one kind differ.</summary>
    internal static QuantizationRecipe Super { get; } = new()
    {
        Name = "official",
        Rules =
        [
            new(Experts, ModulePrecision.Nvfp4),
            .. Layers(
                "in_proj", 0, 2, 4, 6, 9, 11, 13, 15, 18, 20, 27, 29, 31, 40, 49, 51, 53, 55, 57, 60, 62, 66, 68, 71, 73, 82, 84, 86),
            .. Layers(
                "out_proj", 0, 2, 4, 9, 11, 13, 18, 38, 40, 42, 44, 49, 51, 53, 55, 57, 60, 62, 64, 66, 68, 71, 73, 75, 77, 80, 82, 84, 86),
            new(Layer(41, "shared_experts.up_proj"), ModulePrecision.Unquantized),
            new(Layer(1, "shared_experts.down_proj"), ModulePrecision.Nvfp4),
            new(Layer(8, "shared_experts.down_proj"), ModulePrecision.Unquantized),
            new(Layer(76, "shared_experts.down_proj"), ModulePrecision.Unquantized),
            new("*.mixer.shared_experts.*", ModulePrecision.Fp8),
            .. Layers("fc1_latent_proj", 1, 3, 5),
            .. Layers("fc2_latent_proj", 3),
            .. Layers("o_proj", 69, 78),
        ],
    };

    /// <summary>Nemotron 3 Nano 4B: NVFP4, but for the embeddings' activations, the head and some down projections.</summary>
    internal static QuantizationRecipe Nano4B { get; } = new()
    {
        Name = "official",
        Rules =
        [
            .. Layers("down_proj", 1, 3, 5, 8, 10, 18, 25, 33, 41),
            new("backbone.embeddings", ModulePrecision.W4A16Nvfp4),
            new("lm_head", ModulePrecision.Fp8),
            new("*", ModulePrecision.Nvfp4),
        ],
    };

    /// <summary>Nemotron Nano 9B v2 in FP8: Mamba and MLP layers.</summary>
    internal static QuantizationRecipe NanoV2 { get; } = new()
    {
        Name = "official",
        Rules =
        [
            new("*.mixer.in_proj", ModulePrecision.Fp8),
            new("*.mixer.out_proj", ModulePrecision.Fp8),
            new("*.mixer.up_proj", ModulePrecision.Fp8),
            new("*.mixer.down_proj", ModulePrecision.Fp8),
        ],
    };

    private static IEnumerable<QuantizationRule> Layers(string module, params int[] layers) =>
        layers.Select(layer => new QuantizationRule(Layer(layer, module), ModulePrecision.Fp8));

    private static string Layer(int index, string module) => $"backbone.layers.{index}.mixer.{module}";
}
