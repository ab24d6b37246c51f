using static TorchSharp.torch;

namespace NemotronH.Kernels.Cuda;

/// <summary>Shape of a <see cref="Convolution"/>.</summary>
/// <param name="Channels">Channels: conv_dim = inner + 2 · groups · state.</param>
/// <param name="KernelWidth">Taps of the convolution: 2 to 8.</param>
/// <param name="RowWidth">Width of a row of the projection that makes the input.</param>
/// <param name="Column">Where the input begins in it.</param>
public sealed record ConvolutionShape(int Channels, int KernelWidth, int RowWidth, int Column)
{
    /// <summary>Type of the states: float32 or bfloat16.</summary>
    public ScalarType StateDtype { get; init; } = ScalarType.Float32;

    /// <summary>Macros of convolution.cuh.</summary>
    /// <exception cref="ArgumentException">A size or type is not one that the kernel knows.</exception>
    internal (string Name, int Value)[] Defines()
    {
        ArgumentOutOfRangeException.ThrowIfNegativeOrZero(Channels);
        ArgumentOutOfRangeException.ThrowIfLessThan(KernelWidth, 2);
        ArgumentOutOfRangeException.ThrowIfGreaterThan(KernelWidth, 8);
        Projection.Check(RowWidth, Column, Channels, "the convolution's input");
        _ = ElementTypes.Name(StateDtype, nameof(StateDtype));
        return
        [
            ("CONVOLVE", 1), ("CHANNELS", Channels), ("TAPS", KernelWidth), ("STATE_BF16", StateDtype == ScalarType.BFloat16 ? 1 : 0),
        ];
    }
}
