namespace NemotronH.Quantization;

/// <summary>The <c>quant_algo</c> names of ModelOpt, which come in either case.</summary>
internal static class AlgorithmNames
{
    private const string Mixed = "MIXED_PRECISION";
    private const string Supported = "FP8, NVFP4, W4A16_NVFP4";

    /// <summary>Algorithms that exist, and would read as garbage if they were taken for another.</summary>
    private static readonly HashSet<string> Unsupported = new(StringComparer.OrdinalIgnoreCase)
    {
        "FP8_PER_CHANNEL_PER_TOKEN", "FP8_PB_WO", "FP8_PB", "FP8_BLOCK_SCALES", "MXFP8", "MXFP4", "NVFP4_AWQ", "NVFP4_SVD", "NVFP4_ARC",
        "W4A16_AWQ", "W4A8_AWQ", "W4A8_NVFP4_FP8", "W4A8_MXFP4_FP8", "W4A8_MXFP4_MXFP8", "W4A16_MXFP4", "W4A16", "W8A16", "W8A8_SQ_PER_CHANNEL",
        "INT4_AWQ", "INT8",
    };

    /// <summary>The algorithm of a whole model.</summary>
    /// <exception cref="QuantizationException">It is not one of the supported.</exception>
    public static QuantizationAlgorithm Parse(string name, JsonFields fields, string field) =>
        name.Equals(Mixed, StringComparison.OrdinalIgnoreCase)
            ? QuantizationAlgorithm.MixedPrecision
            : AlgorithmOf(TryParse(name) ?? throw Refusal(name, fields, field, $"{Supported}, {Mixed}"));

    /// <summary>The algorithm of one module.</summary>
    /// <exception cref="QuantizationException">It is not one of the supported.</exception>
    public static ModulePrecision ParseModule(string name, JsonFields fields, string field) =>
        TryParse(name) ?? throw Refusal(name, fields, field, Supported);

    public static string Name(QuantizationAlgorithm algorithm) => algorithm switch
    {
        QuantizationAlgorithm.None => "none",
        QuantizationAlgorithm.MixedPrecision => Mixed,
        _ => PrecisionOf(algorithm).ToDisplayName(),
    };

    public static QuantizationAlgorithm AlgorithmOf(ModulePrecision precision) => precision switch
    {
        ModulePrecision.Fp8 => QuantizationAlgorithm.Fp8,
        ModulePrecision.Nvfp4 => QuantizationAlgorithm.Nvfp4,
        ModulePrecision.W4A16Nvfp4 => QuantizationAlgorithm.W4A16Nvfp4,
        _ => QuantizationAlgorithm.None,
    };

    /// <summary>The precision of quantised modules under an algorithm that has one.</summary>
    public static ModulePrecision PrecisionOf(QuantizationAlgorithm algorithm) => algorithm switch
    {
        QuantizationAlgorithm.Fp8 => ModulePrecision.Fp8,
        QuantizationAlgorithm.Nvfp4 => ModulePrecision.Nvfp4,
        QuantizationAlgorithm.W4A16Nvfp4 => ModulePrecision.W4A16Nvfp4,
        _ => ModulePrecision.Unquantized,
    };

    private static ModulePrecision? TryParse(string name) => name.ToUpperInvariant() switch
    {
        "FP8" => ModulePrecision.Fp8,
        "NVFP4" => ModulePrecision.Nvfp4,
        "W4A16_NVFP4" => ModulePrecision.W4A16Nvfp4,
        _ => null,
    };

    private static QuantizationException Refusal(string name, JsonFields fields, string field, string supported)
    {
        string problem = Unsupported.Contains(name) ? $"{name}, which is not supported" : $"\"{name}\", which is unknown";
        return fields.Error(field, $"is {problem}; supported: {supported}");
    }
}
