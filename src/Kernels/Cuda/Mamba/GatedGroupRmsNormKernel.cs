using static TorchSharp.torch;

namespace NemotronH.Kernels.Cuda;

/// <summary>The output norm of Mamba-2: the gate, an RMS norm over each group, the weight; all in float32.</summary>
/// <remarks>
/// g = y · silu(z); normed = g · rsqrt(mean of g² over the group + eps) · weight. One block a group and row. Bytes per row: 4 + 4 read
/// and 2 written per element, 41 KB at a width of 4096: latency (about 2 µs).
/// </remarks>
public sealed class GatedGroupRmsNormKernel
{
    private readonly GatedGroupRmsNormShape _shape;
    private readonly CudaFunction? _function;

    /// <summary>Compiles the kernel or takes it from the cache.</summary>
    /// <param name="library">The kernels of the GPU.</param>
    /// <param name="shape">What to compile it for.</param>
    /// <exception cref="ArgumentException">The shape is not one that the kernel knows.</exception>
    public GatedGroupRmsNormKernel(KernelLibrary library, GatedGroupRmsNormShape shape)
        : this(shape, library.Get(shape.Source(), "gated_group_rms_norm"))
    {
    }

    internal GatedGroupRmsNormKernel(GatedGroupRmsNormShape shape, CudaFunction? function) => (_shape, _function) = (shape, function);

    /// <summary>Queues the norm of the first rows.</summary>
    /// <param name="stream">The stream.</param>
    /// <param name="rows">Rows B.</param>
    /// <param name="y">[≥ B, width] of the shape's type.</param>
    /// <param name="projected">[≥ B, row width] float32: the output of in_proj, with the gate z.</param>
    /// <param name="weight">[width] of the shape's type.</param>
    /// <param name="normed">[≥ B, width] bfloat16; written.</param>
    /// <param name="programmatic">Whether it may begin before the launch in front of it ends.</param>
    /// <param name="normedLow">As normed, for what its rounding to bfloat16 leaves; or <see langword="null"/>.</param>
    /// <exception cref="ArgumentException">A tensor is not so; the message names it.</exception>
    public void Launch(
        CudaStream stream,
        int rows,
        Tensor y,
        Tensor projected,
        Tensor weight,
        Tensor normed,
        bool programmatic = false,
        Tensor? normedLow = null)
    {
        RowCheck.Count(rows);
        RowCheck.Expect(y, nameof(y), _shape.InputDtype, rows, _shape.Size, _shape.Vector);
        RowCheck.Expect(projected, nameof(projected), ScalarType.Float32, rows, _shape.RowWidth, _shape.Vector);
        TensorCheck.Expect(weight, nameof(weight), _shape.WeightDtype, _shape.Size);
        TensorCheck.Aligned(weight, nameof(weight), _shape.Vector * (int)weight.ElementSize);
        RowCheck.Expect(normed, nameof(normed), ScalarType.BFloat16, rows, _shape.Size, _shape.Vector);
        if (normedLow is not null)
        {
            RowCheck.Expect(normedLow, nameof(normedLow), ScalarType.BFloat16, rows, _shape.Size, _shape.Vector);
        }

        _function!.Launch(
            stream,
            (_shape.Groups, rows),
            _shape.Threads,
            0,
            programmatic,
            y,
            Projection.At(projected, _shape.GateColumn),
            (long)_shape.RowWidth,
            weight,
            normed,
            KernelArgument.Of(normedLow),
            (float)_shape.Epsilon);
    }
}
