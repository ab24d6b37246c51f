using NemotronH.Checkpoints.Quantizing;
using NemotronH.Configuration;
using NemotronH.Quantization;

namespace NemotronH.Checkpoints.Synthetic;

/// <summary>
/// The layouts of NVIDIA's quantised checkpoints: 3-Nano's and 3-Super's as the released files have them, the others' from ModelOpt's
/// recipes and model cards. A model that is none of them is laid out as its nearest relative.
/// </summary>
internal static class OfficialLayouts
{
    private static RandomLayout Nano { get; } = new(
        "as NVIDIA-Nemotron-3-Nano-30B-A3B-NVFP4 was released", Labelled(QuantizationRecipes.Nano))
    {
        KvCache = KvCachePrecision.Fp8,
        IsInConfig = false,
    };

    private static RandomLayout Super { get; } = new("as NVIDIA-Nemotron-3-Super-120B-A12B-NVFP4 was released", OfficialRecipes.Super)
    {
        KvCache = KvCachePrecision.Fp8,
        HasKvScales = true,
        RouterDtype = StoredDtype.BFloat16,
    };

    private static RandomLayout Lightning { get; } = new("by ModelOpt's recipe for Nemotron 3.5 Lightning", QuantizationRecipes.Lightning)
    {
        KvCache = KvCachePrecision.Fp8,
    };

    private static RandomLayout Ultra { get; } = new("by ModelOpt's recipe for Nemotron 3 Ultra", Labelled(QuantizationRecipes.Super))
    {
        KvCache = KvCachePrecision.Fp8,
    };

    private static RandomLayout Nano4B { get; } = new("by ModelOpt's recipe for Nemotron 3 Nano 4B", OfficialRecipes.Nano4B);

    private static RandomLayout NanoV2 { get; } = new("as the model card of Nemotron Nano 9B v2 FP8 describes it", OfficialRecipes.NanoV2);

    /// <summary>The layout of a model's quantised release.</summary>
    internal static RandomLayout Of(NemotronHConfig config) => (config.Layers.Length, config.HiddenSize, config.Moe?.NumExperts) switch
    {
        (52, 2688, 128) => config.NumNextnPredictLayers == 0 ? Nano : Lightning,
        (88, 4096, 512) when FitsSuper(config) => Super,
        (108, 8192, 512) => Ultra,
        (42, 3136, null) => Nano4B,
        (56, 4480, null) => NanoV2,
        _ => Relative(config),
    };

    private static RandomLayout Relative(NemotronHConfig config) => config.Moe switch
    {
        null => AsIf(NanoV2, "Nemotron Nano 9B v2"),
        { LatentSize: null } => AsIf(Nano, "Nemotron 3 Nano"),
        _ => AsIf(Ultra, "Nemotron 3 Ultra"),
    };

    private static RandomLayout AsIf(RandomLayout layout, string model) =>
        layout with { Description = $"like {model}, because no quantised release of this shape is known" };

    private static QuantizationRecipe Labelled(QuantizationRecipe recipe) => RandomLayout.WithActivations(recipe);

    /// <summary>The lists of Super's layers mean something for its own sequence of layers only.</summary>
    private static bool FitsSuper(NemotronHConfig config) =>
        config.Layers.Index().Where(layer => layer.Item == LayerKind.Attention).Select(layer => layer.Index)
            .SequenceEqual([7, 16, 25, 36, 47, 58, 69, 78]);
}
