using NemotronH.Kernels.Cuda.Products;

namespace NemotronH.Quantization;

/// <summary>Which weights products read as they lie, and which have to be dequantised before.</summary>
internal static class DeviceWeights
{
    private const int GroupOfDequantizing = 8;

    /// <summary>
    /// Whether a weight is dequantised: one in 8 or 4 bits as stored, unless its rows have no whole groups of numbers; the general product reads
    /// those.
    /// </summary>
    /// <param name="weight">The weight.</param>
    public static bool NeedsDequantizing(DeviceWeight weight) =>
        weight.Layout is WeightLayout.Nvfp4 or WeightLayout.Float8 && weight.Columns % GroupOfDequantizing == 0;
}
