using static TorchSharp.torch;

namespace NemotronH.Kernels.Cuda;

/// <summary>What an <see cref="RmsNormKernel"/> is compiled for.</summary>
/// <param name="HiddenSize">The row's length H.</param>
/// <param name="Epsilon">Added to the mean square.</param>
public sealed record RmsNormShape(int HiddenSize, double Epsilon)
{
    /// <summary>Type of the weight: float32 or bfloat16.</summary>
    public ScalarType WeightDtype { get; init; } = ScalarType.Float32;

    /// <summary>Rows that are added to the residual first: 0, 1 or 2.</summary>
    public int Addends { get; init; }

    /// <summary>Whether the normed row is also written in float32.</summary>
    public bool Wide { get; init; }

    internal int Vector => ElementTypes.Vector(HiddenSize);

    internal int Threads => LaunchGeometry.Threads(HiddenSize / Vector);

    /// <summary>The source and its macros.</summary>
    /// <exception cref="ArgumentException">A size or type is not one that the kernel knows.</exception>
    internal KernelSource Source()
    {
        ArgumentOutOfRangeException.ThrowIfNegativeOrZero(HiddenSize);
        ArgumentOutOfRangeException.ThrowIfNegative(Addends);
        ArgumentOutOfRangeException.ThrowIfGreaterThan(Addends, 2);
        return new KernelSource(
            "rms_norm.cu",
            ElementTypes.Define("HIDDEN", HiddenSize),
            ElementTypes.Define("THREADS", Threads),
            ElementTypes.Define("VEC", Vector),
            ElementTypes.Define("ADDENDS", Addends),
            ("WEIGHT", ElementTypes.Name(WeightDtype, nameof(WeightDtype))),
            ElementTypes.Define("WIDE", Wide ? 1 : 0));
    }
}
