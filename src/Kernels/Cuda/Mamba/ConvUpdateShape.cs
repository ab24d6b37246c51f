using static TorchSharp.torch;

namespace NemotronH.Kernels.Cuda;

/// <summary>What a <see cref="ConvUpdateKernel"/> is compiled for.</summary>
/// <param name="Channels">Channels: conv_dim = inner + 2 · groups · state.</param>
/// <param name="KernelWidth">Taps of the convolution: 2 to 8.</param>
/// <param name="RowWidth">Width of a row of the projection that holds the input.</param>
/// <param name="Column">Where the input begins in it.</param>
public sealed record ConvUpdateShape(int Channels, int KernelWidth, int RowWidth, int Column)
{
    private const int MostThreads = 128;

    /// <summary>Type of the states: float32 or bfloat16.</summary>
    public ScalarType StateDtype { get; init; } = ScalarType.Float32;

    /// <summary>Whether there is a bias.</summary>
    public bool HasBias { get; init; } = true;

    internal int Vector => ElementTypes.Vector(Channels, RowWidth, Column);

    internal int Threads => LaunchGeometry.Threads(Channels / Vector, MostThreads);

    internal int Blocks => LaunchGeometry.Blocks(Channels, Threads * Vector);

    /// <summary>The source and its macros.</summary>
    /// <exception cref="ArgumentException">A size or type is not one that the kernel knows.</exception>
    internal KernelSource Source()
    {
        ArgumentOutOfRangeException.ThrowIfNegativeOrZero(Channels);
        ArgumentOutOfRangeException.ThrowIfLessThan(KernelWidth, 2);
        ArgumentOutOfRangeException.ThrowIfGreaterThan(KernelWidth, 8);
        Projection.Check(RowWidth, Column, Channels, "the convolution's input");
        return new KernelSource(
            "conv_update.cu",
            ElementTypes.Define("CHANNELS", Channels),
            ElementTypes.Define("KERNEL", KernelWidth),
            ElementTypes.Define("VEC", Vector),
            ElementTypes.Define("THREADS", Threads),
            ("STATE", ElementTypes.Name(StateDtype, nameof(StateDtype))),
            ElementTypes.Define("BIAS", HasBias ? 1 : 0));
    }
}
