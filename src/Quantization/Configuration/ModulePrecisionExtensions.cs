namespace NemotronH.Quantization;

/// <summary>What precisions have in common, and their names.</summary>
public static class ModulePrecisionExtensions
{
    /// <summary>Whether the weights are NVFP4, whatever the activations.</summary>
    /// <param name="precision">A precision.</param>
    /// <returns><see langword="true"/> for <see cref="ModulePrecision.Nvfp4"/> and <see cref="ModulePrecision.W4A16Nvfp4"/>.</returns>
    public static bool IsNvfp4(this ModulePrecision precision) => precision is ModulePrecision.Nvfp4 or ModulePrecision.W4A16Nvfp4;

    /// <summary>Whether two precisions store weights in the same way; the two labels of NVFP4 differ in their activations only.</summary>
    /// <param name="precision">A precision.</param>
    /// <param name="other">Another.</param>
    /// <returns><see langword="true"/> where one loader reads both.</returns>
    public static bool StoresWeightsLike(this ModulePrecision precision, ModulePrecision other) =>
        precision == other || (precision.IsNvfp4() && other.IsNvfp4());

    /// <summary>The name that checkpoints' configs use.</summary>
    /// <param name="precision">A precision.</param>
    /// <returns><c>FP8</c>, <c>NVFP4</c>, <c>W4A16_NVFP4</c>, or <c>unquantised</c>.</returns>
    public static string ToDisplayName(this ModulePrecision precision) => precision switch
    {
        ModulePrecision.Unquantized => "unquantised",
        ModulePrecision.Fp8 => "FP8",
        ModulePrecision.Nvfp4 => "NVFP4",
        ModulePrecision.W4A16Nvfp4 => "W4A16_NVFP4",
        _ => throw new ArgumentOutOfRangeException(nameof(precision), precision, "Not a precision."),
    };
}
