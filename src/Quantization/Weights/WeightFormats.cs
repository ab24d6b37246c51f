namespace NemotronH.Quantization;

/// <summary>Tells from a weight's tensors how it is stored: its dtype and the companions beside it decide, and anything else is refused.</summary>
public static class WeightFormats
{
    private const string PlainDtypes = "BFloat16, Float16, Float32 or Float64";

    /// <summary>Detects the format of a module's weight.</summary>
    /// <param name="source">Where the tensors are.</param>
    /// <param name="module">Canonical module name.</param>
    /// <returns>The format; shapes are not looked at, except that a scale of an FP8 matrix is one number.</returns>
    /// <exception cref="CheckpointException">The weight or a companion is missing, or they do not fit together; names the module.</exception>
    public static WeightFormat Detect(ITensorSource source, string module) => Detect(source, WeightNames.OfModule(module));

    /// <summary>What a config calls a format.</summary>
    /// <param name="format">A format.</param>
    /// <returns>The precision; NVFP4 is <see cref="ModulePrecision.Nvfp4"/>, since its tensors do not tell of activations.</returns>
    public static ModulePrecision ToPrecision(this WeightFormat format) => format switch
    {
        WeightFormat.Unquantized => ModulePrecision.Unquantized,
        WeightFormat.Fp8 => ModulePrecision.Fp8,
        _ => ModulePrecision.Nvfp4,
    };

    internal static WeightFormat Detect(ITensorSource source, WeightNames names)
    {
        if (source.Describe(names.WeightPacked) is not null)
        {
            Refuse(source, names, "packed weights of compressed-tensors", names.Weight, names.WeightScale2, names.PreQuantScale);
            Require(source, names, names.WeightPacked, StoredDtype.UInt8);
            Require(source, names, names.WeightScale, StoredDtype.Float8E4M3);
            Require(source, names, names.WeightGlobalScale, StoredDtype.Float32);
            return WeightFormat.CompressedTensorsNvfp4;
        }

        StoredTensorInfo weight = source.Describe(names.Weight)
            ?? throw new CheckpointException(
                $"module '{names.Owner}': tensor '{names.Weight}' is missing; expected {PlainDtypes}, Float8E4M3 or packed UInt8 weights");
        return weight.Dtype switch
        {
            StoredDtype.BFloat16 or StoredDtype.Float16 or StoredDtype.Float32 or StoredDtype.Float64 => DetectUnquantized(source, names, weight),
            StoredDtype.Float8E4M3 => DetectFp8(source, names),
            StoredDtype.UInt8 => DetectNvfp4(source, names),
            _ => throw new CheckpointException(
                $"module '{names.Owner}': tensor '{names.Weight}' is stored as {weight.Dtype}; expected {PlainDtypes}, Float8E4M3 (FP8) or UInt8 (NVFP4)"),
        };
    }

    private static WeightFormat DetectUnquantized(ITensorSource source, WeightNames names, StoredTensorInfo weight)
    {
        Refuse(source, names, $"{weight.Dtype} weights", names.WeightScale, names.WeightScale2, names.WeightGlobalScale, names.PreQuantScale);
        return WeightFormat.Unquantized;
    }

    private static WeightFormat DetectFp8(ITensorSource source, WeightNames names)
    {
        Refuse(source, names, "FP8 weights", names.WeightScale2, names.WeightGlobalScale, names.PreQuantScale);
        Require(source, names, names.WeightScale, StoredDtype.Float32);
        return WeightFormat.Fp8;
    }

    private static WeightFormat DetectNvfp4(ITensorSource source, WeightNames names)
    {
        Refuse(source, names, "NVFP4 weights", names.WeightGlobalScale, names.PreQuantScale);
        Require(source, names, names.WeightScale, StoredDtype.Float8E4M3);
        Require(source, names, names.WeightScale2, StoredDtype.Float32);
        return WeightFormat.Nvfp4;
    }

    private static void Require(ITensorSource source, WeightNames names, string name, StoredDtype dtype)
    {
        StoredTensorInfo? companion = source.Describe(name);
        if (companion?.Dtype != dtype)
        {
            string found = companion is null ? "is missing" : $"is stored as {companion.Dtype}";
            throw new CheckpointException($"module '{names.Owner}': tensor '{name}' {found}; expected {dtype}");
        }
    }

    private static void Refuse(ITensorSource source, WeightNames names, string weights, params ReadOnlySpan<string> companions)
    {
        foreach (string name in companions)
        {
            if (source.Describe(name) is not null)
            {
                throw new CheckpointException($"module '{names.Owner}': tensor '{name}' stands beside {weights}; expected none of that name");
            }
        }
    }
}
