using static TorchSharp.torch;

namespace NemotronH.Kernels.Cuda;

/// <summary>One token of the causal depthwise convolution with SiLU for each row, whose window moves on.</summary>
/// <remarks>
/// window = state's inputs, oldest first, then the row's own; output = silu(sum of window · weight over the taps + bias); the state
/// becomes the window without its first. Bytes per row: conv_dim · (8 + 2 · (taps − 1) · bytes of a state element), 197 KB at conv_dim
/// 6144, 4 taps and float32 states, 123 KB with bf16, and the weight (98 KB) once: latency (about 2 µs) up to dozens of rows.
/// </remarks>
public sealed class ConvUpdateKernel
{
    private readonly ConvUpdateShape _shape;
    private readonly CudaFunction? _function;

    /// <summary>Compiles the kernel or takes it from the cache.</summary>
    /// <param name="library">The kernels of the GPU.</param>
    /// <param name="shape">What to compile it for.</param>
    /// <exception cref="ArgumentException">The shape is not one that the kernel knows.</exception>
    public ConvUpdateKernel(KernelLibrary library, ConvUpdateShape shape)
        : this(shape, library.Get(shape.Source(), "conv_update"))
    {
    }

    internal ConvUpdateKernel(ConvUpdateShape shape, CudaFunction? function) => (_shape, _function) = (shape, function);

    /// <summary>Queues the token of the first rows.</summary>
    /// <param name="stream">The stream.</param>
    /// <param name="rows">Rows B. Rows of one slot may only be padding: their states race.</param>
    /// <param name="projected">[≥ B, row width] float32: the output of in_proj.</param>
    /// <param name="slots">[≥ B] int32: each row's index into the states.</param>
    /// <param name="states">[slots, taps − 1, channels] of the shape's type; written.</param>
    /// <param name="weight">[taps, channels] float32: the checkpoint's [channels, 1, taps] transposed.</param>
    /// <param name="bias">[channels] float32, where the shape has one; else null.</param>
    /// <param name="output">[≥ B, channels] float32; written.</param>
    /// <param name="programmatic">Whether it may begin before the launch in front of it ends.</param>
    /// <exception cref="ArgumentException">A tensor is not so; the message names it.</exception>
    public void Launch(
        CudaStream stream,
        int rows,
        Tensor projected,
        Tensor slots,
        Tensor states,
        Tensor weight,
        Tensor? bias,
        Tensor output,
        bool programmatic = false)
    {
        RowCheck.Count(rows);
        RowCheck.Expect(projected, nameof(projected), ScalarType.Float32, rows, _shape.RowWidth, _shape.Vector);
        RowCheck.Expect(slots, nameof(slots), ScalarType.Int32, rows);
        TensorCheck.Expect(states, nameof(states), _shape.StateDtype, TensorCheck.Any, _shape.KernelWidth - 1, _shape.Channels);
        TensorCheck.Aligned(states, nameof(states), _shape.Vector * (int)states.ElementSize);
        TensorCheck.Expect(weight, nameof(weight), ScalarType.Float32, _shape.KernelWidth, _shape.Channels);
        TensorCheck.Aligned(weight, nameof(weight), _shape.Vector * sizeof(float));
        CheckBias(bias);
        RowCheck.Expect(output, nameof(output), ScalarType.Float32, rows, _shape.Channels, _shape.Vector);
        _function!.Launch(
            stream,
            (_shape.Blocks, rows),
            _shape.Threads,
            0,
            programmatic,
            Projection.At(projected, _shape.Column),
            (long)_shape.RowWidth,
            slots,
            states,
            weight,
            KernelArgument.Of(bias),
            output);
    }

    private void CheckBias(Tensor? bias)
    {
        if (bias is null == _shape.HasBias)
        {
            string found = _shape.HasBias ? "missing; the shape has one" : "given; the shape has none";
            throw new ArgumentException($"bias is {found}.", nameof(bias));
        }

        if (bias is not null)
        {
            TensorCheck.Expect(bias, nameof(bias), ScalarType.Float32, _shape.Channels);
            TensorCheck.Aligned(bias, nameof(bias), _shape.Vector * sizeof(float));
        }
    }
}
