using static TorchSharp.torch;

namespace NemotronH.Kernels.Cuda;

/// <summary>
/// Sums each token's expert outputs by their weights, in the order of its choices (so the same input gives the same bits).
/// </summary>
public sealed class ExpertCombine
{
    private const int Threads = 128;
    private const int ColumnsPerThread = 4;

    private readonly int _width;
    private readonly int _topK;
    private readonly int _choices;
    private readonly int _batch;
    private readonly CombineInto _into;
    private readonly CudaFunction _kernel;

    /// <summary>Compiles the kernel.</summary>
    /// <param name="library">The GPU's kernels.</param>
    /// <param name="width">Width W of an expert's output, a multiple of 4.</param>
    /// <param name="topK">Experts of a token.</param>
    /// <param name="batch">Rows B of a launch, 1 to 128.</param>
    /// <param name="into">Where the sum goes.</param>
    /// <param name="sharedParts">Rows of a token behind those of its experts, which weigh 1; see <see cref="Products.SharedParts"/>.</param>
    /// <exception cref="ArgumentException">A size is not one that the kernel is written for.</exception>
    public ExpertCombine(KernelLibrary library, int width, int topK, int batch, CombineInto into, int sharedParts = 0)
    {
        Validate(width, topK, batch);
        ArgumentNullException.ThrowIfNull(library);
        ArgumentOutOfRangeException.ThrowIfNegative(sharedParts);
        (_width, _topK, _choices, _batch, _into) = (width, topK, topK + sharedParts, batch, into);
        _kernel = library.Get(Source(width, topK, _choices, into), "expert_combine");
    }

    /// <summary>Queues the launch.</summary>
    /// <param name="stream">The stream.</param>
    /// <param name="outputs">[B · (top-k + parts), W] float32: each entry's expert output, unweighted.</param>
    /// <param name="expertWeights">[B, top-k] float32.</param>
    /// <param name="slots">[B] int32, the rows' state slots.</param>
    /// <param name="dummySlot">The slot of padding rows; no expert ran for them, so their sum is 0 whatever the outputs hold.</param>
    /// <param name="target">[B, W] float32 or bfloat16, written or, for the residual stream, added to.</param>
    /// <param name="programmatic">Whether the kernel may begin while the one before it still runs.</param>
    /// <param name="targetLow">As a bfloat16 target, for what its rounding to bfloat16 leaves; or <see langword="null"/>.</param>
    /// <exception cref="ArgumentException">A tensor is not so; the message names it.</exception>
    public void Launch(
        CudaStream stream,
        Tensor outputs,
        Tensor expertWeights,
        Tensor slots,
        int dummySlot,
        Tensor target,
        bool programmatic = false,
        Tensor? targetLow = null)
    {
        TensorCheck.Expect(outputs, nameof(outputs), ScalarType.Float32, _batch * _choices, _width);
        TensorCheck.Expect(expertWeights, nameof(expertWeights), ScalarType.Float32, _batch, _topK);
        TensorCheck.Expect(slots, nameof(slots), ScalarType.Int32, _batch);
        ScalarType written = _into == CombineInto.BFloat16 ? ScalarType.BFloat16 : ScalarType.Float32;
        TensorCheck.Expect(target, nameof(target), written, _batch, _width);
        TensorCheck.Aligned(outputs, nameof(outputs), 16);
        TensorCheck.Aligned(target, nameof(target), 16);
        CheckLow(targetLow);
        _kernel.Launch(
            stream, Grid(_width, _batch), Threads, 0, programmatic,
            outputs, expertWeights, slots, dummySlot, target, KernelArgument.Of(targetLow));
    }

    private void CheckLow(Tensor? targetLow)
    {
        if (targetLow is null)
        {
            return;
        }

        if (_into != CombineInto.BFloat16)
        {
            throw new ArgumentException("targetLow is a tensor; expected null, for the sum is not rounded to bfloat16.", nameof(targetLow));
        }

        TensorCheck.Expect(targetLow, nameof(targetLow), ScalarType.BFloat16, _batch, _width);
        TensorCheck.Aligned(targetLow, nameof(targetLow), 16);
    }

    internal static void Validate(int width, int topK, int batch)
    {
        StepBatch.Validate(batch);
        if (width <= 0 || width % ColumnsPerThread != 0)
        {
            throw new ArgumentException($"The experts' width is {width}; expected a multiple of {ColumnsPerThread}.", nameof(width));
        }

        ArgumentOutOfRangeException.ThrowIfNegativeOrZero(topK);
    }

    internal static Dim3 Grid(int width, int batch) => (LaunchGeometry.Blocks(width, Threads * ColumnsPerThread), batch);

    internal static KernelSource Source(int width, int topK, int choices, CombineInto into) => new(
        "expert_combine.cu",
        ("WIDTH", $"{width}"),
        ("TOP_K", $"{topK}"),
        ("CHOICES", $"{choices}"),
        ("OUT_BF16", into == CombineInto.BFloat16 ? "1" : "0"));
}
