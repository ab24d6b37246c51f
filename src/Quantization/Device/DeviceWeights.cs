using NemotronH.Kernels.Cuda.Products;

namespace NemotronH.Quantization;

/// <summary>Which weights products read as they lie, and which have to be dequantised before.</summary>
internal static class DeviceWeights
{
    /// <summary>What the dequantising kernels ask of rows.</summary>
    private const int GroupOfDequantizing = 16;

    /// <summary>
    /// Whether weights are dequantised: those in 8 or 4 bits as stored, unless their rows have no whole groups of numbers; the general product reads
    /// those.
    /// </summary>
    /// <param name="weight">Layout and size of the weights.</param>
    public static bool NeedsDequantizing(GemmOperand weight) =>
        weight.Layout is WeightLayout.Nvfp4 or WeightLayout.Float8 && weight.Columns % GroupOfDequantizing == 0;
}
