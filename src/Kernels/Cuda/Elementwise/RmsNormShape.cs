using static TorchSharp.torch;

namespace NemotronH.Kernels.Cuda;

/// <summary>What an <see cref="RmsNormKernel"/> is compiled for.</summary>
/// <param name="HiddenSize">The row's length H.</param>
/// <param name="Epsilon">Added to the mean square.</param>
public sealed record RmsNormShape(int HiddenSize, double Epsilon)
{
    /// <summary>Type of the weight: float32 or bfloat16.</summary>
    public ScalarType WeightDtype { get; init; } = ScalarType.Float32;

    internal int Vector => ElementTypes.Vector(HiddenSize);

    internal int Threads => LaunchGeometry.Threads(HiddenSize / Vector);

    /// <summary>The source and its macros.</summary>
    /// <exception cref="ArgumentException">A size or type is not one that the kernel knows.</exception>
    internal KernelSource Source()
    {
        ArgumentOutOfRangeException.ThrowIfNegativeOrZero(HiddenSize);
        return new KernelSource(
            "rms_norm.cu",
            ElementTypes.Define("LENGTH", HiddenSize),
            ElementTypes.Define("THREADS", Threads),
            ElementTypes.Define("VEC", Vector),
            ("WEIGHT", ElementTypes.Name(WeightDtype, nameof(WeightDtype))));
    }
}
