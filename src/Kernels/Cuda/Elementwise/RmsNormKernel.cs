using static TorchSharp.torch;

namespace NemotronH.Kernels.Cuda;

/// <summary>Root-mean-square norm of the residual stream (Zhang and Sennrich, 2019).</summary>
/// <remarks>
/// normed = residual · rsqrt(mean(residual²) + eps) · weight, in float32. One block a row, which stays in registers. Bytes per row: 4H read,
/// 2H written: 16 KB at H = 2688, so the launch is all latency (about 2 µs) up to a few hundred rows.
/// </remarks>
public sealed class RmsNormKernel
{
    private readonly RmsNormShape _shape;
    private readonly CudaFunction? _function;

    /// <summary>Compiles the kernel or takes it from the cache.</summary>
    /// <param name="library">The kernels of the GPU.</param>
    /// <param name="shape">What to compile it for.</param>
    /// <exception cref="ArgumentException">The shape is not one that the kernel knows.</exception>
    public RmsNormKernel(KernelLibrary library, RmsNormShape shape)
        : this(shape, library.Get(shape.Source(), "rms_norm"))
    {
    }

    internal RmsNormKernel(RmsNormShape shape, CudaFunction? function) => (_shape, _function) = (shape, function);

    /// <summary>Queues the norm of the first rows.</summary>
    /// <param name="stream">The stream.</param>
    /// <param name="rows">Rows B.</param>
    /// <param name="residual">[≥ B, H] float32.</param>
    /// <param name="weight">[H] of the shape's type.</param>
    /// <param name="normed">[≥ B, H] bfloat16; written.</param>
    /// <param name="programmatic">Whether it may begin before the launch in front of it ends.</param>
    /// <param name="normedLow">As normed, for what its rounding to bfloat16 leaves; or <see langword="null"/>.</param>
    /// <exception cref="ArgumentException">A tensor is not so; the message names it.</exception>
    public void Launch(
        CudaStream stream,
        int rows,
        Tensor residual,
        Tensor weight,
        Tensor normed,
        bool programmatic = false,
        Tensor? normedLow = null)
    {
        RowCheck.Count(rows);
        Row(residual, nameof(residual), ScalarType.Float32);
        TensorCheck.Expect(weight, nameof(weight), _shape.WeightDtype, _shape.HiddenSize);
        TensorCheck.Aligned(weight, nameof(weight), _shape.Vector * (int)weight.ElementSize);
        Row(normed, nameof(normed), ScalarType.BFloat16);
        if (normedLow is not null)
        {
            Row(normedLow, nameof(normedLow), ScalarType.BFloat16);
        }

        _function!.Launch(
            stream,
            rows,
            _shape.Threads,
            0,
            programmatic,
            residual,
            weight,
            normed,
            KernelArgument.Of(normedLow),
            (float)_shape.Epsilon);

        void Row(Tensor tensor, string name, ScalarType dtype) =>
            RowCheck.Expect(tensor, name, dtype, rows, _shape.HiddenSize, _shape.Vector);
    }
}
