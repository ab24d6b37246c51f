using static TorchSharp.torch;

namespace NemotronH.Kernels.Cuda;

/// <summary>
/// Groups a step's entries (row · top-k + choice) by expert on the device, in one launch of one CTA: the active experts in ascending
/// order, and for each its entries in ascending order. Padding rows contribute nothing.
/// </summary>
public sealed class ExpertWorkList
{
    private const int Threads = 512;

    private readonly int _topK;
    private readonly int _batch;
    private readonly CudaFunction _kernel;

    /// <summary>Compiles the kernel.</summary>
    /// <param name="library">The GPU's kernels.</param>
    /// <param name="experts">Number of routed experts, at most 512.</param>
    /// <param name="topK">Experts of a token.</param>
    /// <param name="batch">Rows B of a launch, 1 to 128.</param>
    /// <exception cref="ArgumentException">A size is not one that the kernel is written for.</exception>
    public ExpertWorkList(KernelLibrary library, int experts, int topK, int batch)
    {
        Validate(experts, topK, batch);
        ArgumentNullException.ThrowIfNull(library);
        (_topK, _batch, MaxActive) = (topK, batch, MaxActiveOf(experts, topK, batch));
        _kernel = library.Get(
            new KernelSource(
                "expert_work_list.cu", ("EXPERTS", $"{experts}"), ("TOP_K", $"{topK}"), ("ROW_WORDS", $"{StepBatch.Max / 32}")),
            "expert_work_list");
    }

    /// <summary>The most experts that the batch can choose.</summary>
    public int MaxActive { get; }

    /// <summary>The most experts that a batch can choose: what lists and buffers are sized for.</summary>
    public static int MaxActiveOf(int experts, int topK, int batch) => Math.Min(experts, topK * batch);

    /// <summary>Queues the launch.</summary>
    /// <param name="stream">The stream.</param>
    /// <param name="expertIds">[B, top-k] int32, a row's all different.</param>
    /// <param name="slots">[B] int32, the rows' state slots.</param>
    /// <param name="dummySlot">The slot of padding rows.</param>
    /// <param name="activeCount">[1] int32, written: the number of active experts.</param>
    /// <param name="activeExperts">[<see cref="MaxActive"/>] int32, written: their ids, ascending; −1 beyond.</param>
    /// <param name="offsets">
    /// [<see cref="MaxActive"/> + 1] int32, written: where each one's entries begin; beyond the last, the number of entries.
    /// </param>
    /// <param name="entries">[B · top-k] int32, written: entries grouped by expert; −1 beyond.</param>
    /// <param name="programmatic">Whether the kernel may begin while the one before it still runs.</param>
    /// <exception cref="ArgumentException">A tensor is not so; the message names it.</exception>
    public void Launch(
        CudaStream stream,
        Tensor expertIds,
        Tensor slots,
        int dummySlot,
        Tensor activeCount,
        Tensor activeExperts,
        Tensor offsets,
        Tensor entries,
        bool programmatic = false)
    {
        TensorCheck.Expect(expertIds, nameof(expertIds), ScalarType.Int32, _batch, _topK);
        TensorCheck.Expect(slots, nameof(slots), ScalarType.Int32, _batch);
        TensorCheck.Expect(activeCount, nameof(activeCount), ScalarType.Int32, 1);
        TensorCheck.Expect(activeExperts, nameof(activeExperts), ScalarType.Int32, MaxActive);
        TensorCheck.Expect(offsets, nameof(offsets), ScalarType.Int32, MaxActive + 1);
        TensorCheck.Expect(entries, nameof(entries), ScalarType.Int32, _batch * _topK);
        _kernel.Launch(
            stream, 1, Threads, 0, programmatic,
            expertIds, slots, dummySlot, _batch, MaxActive, activeCount, activeExperts, offsets, entries);
    }

    internal static void Validate(int experts, int topK, int batch)
    {
        StepBatch.Validate(batch);
        if (experts is < 1 or > RouterShape.MaxExperts)
        {
            throw new ArgumentException($"The number of experts is {experts}; expected 1 to {RouterShape.MaxExperts}.", nameof(experts));
        }

        if (topK < 1 || topK > experts)
        {
            throw new ArgumentException($"Top-k is {topK}; expected 1 to {experts}.", nameof(topK));
        }
    }
}
