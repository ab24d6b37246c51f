using static TorchSharp.torch;

namespace NemotronH.Kernels.Cuda;

/// <summary>
/// The causal depthwise convolution of a Mamba-2 layer, one token of each row: SiLU(Σ over taps of window · weight + bias). It is done where a
/// projection's product is stored (<c>convolution.cuh</c>): the columns that are its input go through it, and its states move on.
/// </summary>
/// <param name="Shape">Its shape.</param>
/// <param name="Slots">[B] int32: each row's index into the states. Rows of one slot may only be padding: their states race.</param>
/// <param name="States">[slots, taps − 1, channels] of the shape's type; written.</param>
/// <param name="Weight">[taps, channels] float32: the checkpoint's [channels, 1, taps] transposed.</param>
/// <param name="Bias">[channels] float32, or <see langword="null"/>.</param>
/// <param name="Output">[B, channels] float32; written.</param>
public sealed record Convolution(ConvolutionShape Shape, Tensor Slots, Tensor States, Tensor Weight, Tensor? Bias, Tensor Output)
{
    /// <summary>Arguments of convolution.cuh.</summary>
    internal KernelArgument[] Arguments => [Slots, States, Weight, KernelArgument.Of(Bias), Output, Shape.Column];

    /// <summary>Refuses tensors that are not so.</summary>
    /// <param name="rows">Rows B.</param>
    /// <exception cref="ArgumentException">A tensor is not so; the message names it.</exception>
    internal void Check(int rows)
    {
        RowCheck.Expect(Slots, nameof(Slots), ScalarType.Int32, rows);
        TensorCheck.Expect(States, nameof(States), Shape.StateDtype, TensorCheck.Any, Shape.KernelWidth - 1, Shape.Channels);
        TensorCheck.Expect(Weight, nameof(Weight), ScalarType.Float32, Shape.KernelWidth, Shape.Channels);
        RowCheck.Expect(Output, nameof(Output), ScalarType.Float32, rows, Shape.Channels, 1);
        if (Bias is not null)
        {
            TensorCheck.Expect(Bias, nameof(Bias), ScalarType.Float32, Shape.Channels);
        }
    }
}
