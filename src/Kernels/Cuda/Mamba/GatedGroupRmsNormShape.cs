using static TorchSharp.torch;

namespace NemotronH.Kernels.Cuda;

/// <summary>What a <see cref="GatedGroupRmsNormKernel"/> is compiled for.</summary>
/// <param name="Size">Width of y: heads · head_dim.</param>
/// <param name="Groups">Groups that are normalised apart; they divide the width.</param>
/// <param name="Epsilon">Added to the mean square.</param>
/// <param name="RowWidth">Width of a row of the projection that holds the gate.</param>
/// <param name="GateColumn">Where the gate begins in it.</param>
public sealed record GatedGroupRmsNormShape(int Size, int Groups, double Epsilon, int RowWidth, int GateColumn)
{
    /// <summary>Type of y: float32 or bfloat16.</summary>
    public ScalarType InputDtype { get; init; } = ScalarType.Float32;

    /// <summary>Type of the weight: float32 or bfloat16.</summary>
    public ScalarType WeightDtype { get; init; } = ScalarType.Float32;

    internal int Vector => ElementTypes.Vector(Size / Groups, RowWidth, GateColumn);

    internal int Threads => LaunchGeometry.Threads(Size / Groups / Vector);

    /// <summary>The source and its macros.</summary>
    /// <exception cref="ArgumentException">A size or type is not one that the kernel knows.</exception>
    internal KernelSource Source()
    {
        ArgumentOutOfRangeException.ThrowIfNegativeOrZero(Size);
        ArgumentOutOfRangeException.ThrowIfNegativeOrZero(Groups);
        if (Size % Groups != 0)
        {
            throw new ArgumentException($"A width of {Size} is not a multiple of {Groups} groups.", nameof(Groups));
        }

        Projection.Check(RowWidth, GateColumn, Size, "the gate");
        return new KernelSource(
            "gated_group_rms_norm.cu",
            ElementTypes.Define("LENGTH", Size / Groups),
            ElementTypes.Define("VEC", Vector),
            ElementTypes.Define("THREADS", Threads),
            ("INPUT", ElementTypes.Name(InputDtype, nameof(InputDtype))),
            ("WEIGHT", ElementTypes.Name(WeightDtype, nameof(WeightDtype))));
    }
}
