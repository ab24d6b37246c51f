using static TorchSharp.torch;

namespace NemotronH.Kernels.Cuda;

/// <summary>One token of the selective state space recurrence of Mamba-2 for each row (Dao and Gu, 2024, section 6).</summary>
/// <remarks>
/// Per head, with state S [head_dim, N] in float32: dt = clamp(softplus(dt_raw + dt_bias)), S ← exp(dt·A)·S + dt·x ⊗ B, y = S·C + D·x.
/// Bytes: the state twice. 64 heads of 64 x 128 take 4.2 MB per row: 1 µs of bandwidth at batch 1 (the launch is latency), 268 MB at 64
/// rows: 62 µs at 4.3 TB/s.
/// </remarks>
public sealed class SsmUpdateKernel
{
    private readonly SsmUpdateShape _shape;
    private readonly CudaFunction? _function;

    /// <summary>Compiles the kernel or takes it from the cache.</summary>
    /// <param name="library">The kernels of the GPU.</param>
    /// <param name="shape">What to compile it for.</param>
    /// <exception cref="ArgumentException">The shape is not one that the kernel knows.</exception>
    public SsmUpdateKernel(KernelLibrary library, SsmUpdateShape shape)
        : this(shape, library.Get(shape.Source(), "ssm_update"))
    {
    }

    internal SsmUpdateKernel(SsmUpdateShape shape, CudaFunction? function) => (_shape, _function) = (shape, function);

    /// <summary>Queues the token of the first rows.</summary>
    /// <param name="stream">The stream.</param>
    /// <param name="rows">Rows B. Rows of one slot may only be padding: their states race.</param>
    /// <param name="convolved">[≥ B, inner + 2 · groups · N] float32: x, B and C, as the convolution left them.</param>
    /// <param name="projected">[≥ B, row width] float32: the output of in_proj, with the raw time steps.</param>
    /// <param name="slots">[≥ B] int32: each row's index into the states.</param>
    /// <param name="states">[slots, heads, head_dim, N] float32; written.</param>
    /// <param name="a">[heads] float32: A = −exp(A_log).</param>
    /// <param name="d">[heads] float32.</param>
    /// <param name="timeStepBias">[heads] float32: dt_bias.</param>
    /// <param name="y">[≥ B, inner] of the shape's type; written.</param>
    /// <param name="programmatic">
    /// Whether it may begin before the launch in front of it ends. It then reads <paramref name="slots"/> and <paramref name="states"/>,
    /// but nothing else that changes, before that end: the launch in front must not write them, and must itself let this one begin only
    /// after its own wait.
    /// </param>
    /// <exception cref="ArgumentException">A tensor is not so; the message names it.</exception>
    public void Launch(
        CudaStream stream,
        int rows,
        Tensor convolved,
        Tensor projected,
        Tensor slots,
        Tensor states,
        Tensor a,
        Tensor d,
        Tensor timeStepBias,
        Tensor y,
        bool programmatic = false)
    {
        RowCheck.Count(rows);
        RowCheck.Expect(convolved, nameof(convolved), ScalarType.Float32, rows, _shape.ConvDim, _shape.Vector);
        RowCheck.Expect(projected, nameof(projected), ScalarType.Float32, rows, _shape.RowWidth, 1);
        RowCheck.Expect(slots, nameof(slots), ScalarType.Int32, rows);
        TensorCheck.Expect(states, nameof(states), ScalarType.Float32, TensorCheck.Any, _shape.Heads, _shape.HeadDim, _shape.StateSize);
        TensorCheck.Aligned(states, nameof(states), _shape.Vector * sizeof(float));
        TensorCheck.Expect(a, nameof(a), ScalarType.Float32, _shape.Heads);
        TensorCheck.Expect(d, nameof(d), ScalarType.Float32, _shape.Heads);
        TensorCheck.Expect(timeStepBias, nameof(timeStepBias), ScalarType.Float32, _shape.Heads);
        RowCheck.Expect(y, nameof(y), _shape.OutputDtype, rows, _shape.Inner, 1);
        _function!.Launch(
            stream,
            new Dim3(_shape.Blocks, _shape.Heads, rows),
            SsmUpdateShape.Threads,
            0,
            programmatic,
            convolved,
            Projection.At(projected, _shape.TimeStepColumn),
            (long)_shape.RowWidth,
            slots,
            states,
            a,
            d,
            timeStepBias,
            y,
            (float)_shape.TimeStepMin,
            (float)_shape.TimeStepMax);
    }
}
