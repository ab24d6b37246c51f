using static TorchSharp.torch;

namespace NemotronH.Kernels.Cuda;

/// <summary>Root-mean-square norm of the residual stream, which it may first add to (Zhang and Sennrich, 2019).</summary>
/// <remarks>
/// residual ← residual + (first + second); normed = residual · rsqrt(mean(residual²) + eps) · weight; all in float32. One block a row,
/// which stays in registers. Bytes per row: 4H read, 4H for each addend and 4H written where there is one, 2H written: 16 KB at H = 2688
/// without addends, so the launch is all latency (about 2 µs) up to a few hundred rows.
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
    /// <param name="residual">[≥ B, H] float32; written where there are addends.</param>
    /// <param name="first">[≥ B, H] float32, where the shape has an addend; else null.</param>
    /// <param name="second">[≥ B, H] float32, where the shape has two addends; else null.</param>
    /// <param name="weight">[H] of the shape's type.</param>
    /// <param name="normed">[≥ B, H] bfloat16; written.</param>
    /// <param name="wide">[≥ B, H] float32, where the shape says so; written. Else null.</param>
    /// <param name="programmatic">Whether it may begin before the launch in front of it ends.</param>
    /// <param name="normedLow">As normed, for what its rounding to bfloat16 leaves; or <see langword="null"/>.</param>
    /// <exception cref="ArgumentException">A tensor is not so; the message names it.</exception>
    public void Launch(
        CudaStream stream,
        int rows,
        Tensor residual,
        Tensor? first,
        Tensor? second,
        Tensor weight,
        Tensor normed,
        Tensor? wide,
        bool programmatic = false,
        Tensor? normedLow = null)
    {
        RowCheck.Count(rows);
        Row(residual, nameof(residual), ScalarType.Float32);
        Optional(first, nameof(first), _shape.Addends > 0);
        Optional(second, nameof(second), _shape.Addends > 1);
        TensorCheck.Expect(weight, nameof(weight), _shape.WeightDtype, _shape.HiddenSize);
        TensorCheck.Aligned(weight, nameof(weight), _shape.Vector * (int)weight.ElementSize);
        Row(normed, nameof(normed), ScalarType.BFloat16);
        if (normedLow is not null)
        {
            Row(normedLow, nameof(normedLow), ScalarType.BFloat16);
        }

        Optional(wide, nameof(wide), _shape.Wide);
        _function!.Launch(
            stream,
            rows,
            _shape.Threads,
            0,
            programmatic,
            residual,
            KernelArgument.Of(first),
            KernelArgument.Of(second),
            weight,
            normed,
            KernelArgument.Of(normedLow),
            KernelArgument.Of(wide),
            (float)_shape.Epsilon);

        void Row(Tensor tensor, string name, ScalarType dtype) =>
            RowCheck.Expect(tensor, name, dtype, rows, _shape.HiddenSize, _shape.Vector);

        void Optional(Tensor? tensor, string name, bool expected)
        {
            if (tensor is null != !expected)
            {
                throw new ArgumentException($"{name} is {(expected ? "missing; the shape has one" : "given; the shape has none")}.", name);
            }

            if (tensor is not null)
            {
                Row(tensor, name, ScalarType.Float32);
            }
        }
    }
}
