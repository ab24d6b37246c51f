using NemotronH.Kernels.Interop;
using static TorchSharp.torch;

namespace NemotronH.Kernels.Cuda;

/// <summary>Attention of each row's one query token over all cached tokens of its sequence, the query's own included.</summary>
/// <remarks>
/// softmax(q·k · head_dim^−0.5) · v with grouped queries. Two launches: each block attends over a share of one sequence's tokens (the
/// grid is fixed, blocks beyond a sequence's end return at once), then the shares are put together by their log-sum-exp. Heads whose
/// width is a multiple of 16 up to 128 run on the tensor cores: queries and probabilities rounded to bfloat16, keys and values exact,
/// sums in float32; other heads run in float32. Bytes per token and row: 4 · KV heads · head_dim (bf16), read once for up to 16 query heads per KV head.
/// </remarks>
public sealed class PagedAttentionKernel
{
    private const int Warps = 4;
    private const int MergeWarps = 8;

    private readonly PagedAttentionShape _shape;
    private readonly int _multiprocessors;
    private readonly CudaFunction? _attend;
    private readonly CudaFunction? _merge;
    private readonly float _scoreScale;

    /// <summary>Compiles the kernels or takes them from the cache.</summary>
    /// <param name="library">The kernels of the GPU.</param>
    /// <param name="shape">What to compile them for.</param>
    /// <exception cref="ArgumentException">The shape is not one that the kernels know.</exception>
    public PagedAttentionKernel(KernelLibrary library, PagedAttentionShape shape)
        : this(
            shape,
            library.Context.MultiprocessorCount,
            library.Get(Source(shape), shape.UsesTensorCores ? "paged_attention" : "paged_attention_any"),
            library.Get(MergeSource(shape), "paged_attention_merge"))
    {
    }

    internal PagedAttentionKernel(PagedAttentionShape shape, int multiprocessors, CudaFunction? attend, CudaFunction? merge)
    {
        (_shape, _multiprocessors, _attend, _merge) = (shape, multiprocessors, attend, merge);
        _scoreScale = (float)(Math.Log2(Math.E) / Math.Sqrt(shape.HeadDim));
    }

    /// <summary>The floats of scratch that a launch of some rows needs.</summary>
    /// <param name="rows">Rows B.</param>
    /// <remarks>Fewer rows may need more, as they are split further: size a shared workspace by the largest of all buckets.</remarks>
    public long WorkspaceSize(int rows)
    {
        RowCheck.Count(rows);
        return StatisticsSize(rows) + Partials(rows) * _shape.HeadDim;
    }

    /// <summary>Queues the attention of the first rows: two launches.</summary>
    /// <param name="stream">The stream.</param>
    /// <param name="rows">Rows B.</param>
    /// <param name="projected">[≥ B, row width] float32: queries, keys and values side by side. Only the queries are read.</param>
    /// <param name="slots">[≥ B] int32: each row's row of the page table.</param>
    /// <param name="positions">[≥ B] int32: the query token's position, whose keys and values lie in the pages already.</param>
    /// <param name="pageTable">[slots, pages per sequence] int32.</param>
    /// <param name="keyPages">[pages · page size, KV heads, head_dim] bfloat16, or bytes where the shape says E4M3.</param>
    /// <param name="valuePages">The same for the values.</param>
    /// <param name="keyScale">Factor of the keys' codes; 1 for bfloat16.</param>
    /// <param name="valueScale">Factor of the values' codes; 1 for bfloat16.</param>
    /// <param name="workspace">[≥ <see cref="WorkspaceSize"/>] float32 scratch, which no other launch uses meanwhile.</param>
    /// <param name="attended">[≥ B, heads · head_dim] bfloat16; written.</param>
    /// <param name="programmatic">Whether each of the two may begin before the launch in front of it ends.</param>
    /// <param name="attendedLow">As attended, for what its rounding to bfloat16 leaves; or <see langword="null"/>.</param>
    /// <exception cref="ArgumentException">A tensor is not so; the message names it.</exception>
    public void Launch(
        CudaStream stream,
        int rows,
        Tensor projected,
        Tensor slots,
        Tensor positions,
        Tensor pageTable,
        Tensor keyPages,
        Tensor valuePages,
        float keyScale,
        float valueScale,
        Tensor workspace,
        Tensor attended,
        bool programmatic = false,
        Tensor? attendedLow = null)
    {
        RowCheck.Count(rows);
        RowCheck.Expect(projected, nameof(projected), ScalarType.Float32, rows, _shape.RowWidth, _shape.QueryVector);
        PageCheck.Expect(_shape, rows, slots, positions, pageTable, (keyPages, keyScale), (valuePages, valueScale));
        CheckWorkspace(workspace, WorkspaceSize(rows));
        RowCheck.Expect(attended, nameof(attended), ScalarType.BFloat16, rows, (long)_shape.Heads * _shape.HeadDim, 1);
        if (attendedLow is not null)
        {
            RowCheck.Expect(attendedLow, nameof(attendedLow), ScalarType.BFloat16, rows, (long)_shape.Heads * _shape.HeadDim, 1);
        }

        int splits = _shape.Splits(rows, _multiprocessors);
        nint statistics = AtenInterop.DataPointer(workspace);
        nint outputs = statistics + (nint)StatisticsSize(rows) * sizeof(float);
        _attend!.Launch(
            stream,
            new Dim3(_shape.BlocksPerSplit, rows, splits),
            Warps * LaunchGeometry.WarpSize,
            0,
            programmatic,
            Projection.At(projected, _shape.QueryColumn),
            (long)_shape.RowWidth,
            slots,
            positions,
            pageTable,
            _shape.PagesPerSequence,
            keyPages,
            valuePages,
            _scoreScale * keyScale,
            outputs,
            statistics);
        _merge!.Launch(
            stream,
            (_shape.Heads, rows),
            MergeWarps * LaunchGeometry.WarpSize,
            0,
            programmatic,
            positions,
            splits,
            outputs,
            statistics,
            valueScale,
            attended,
            KernelArgument.Of(attendedLow));
    }

    internal static KernelSource Source(PagedAttentionShape shape)
    {
        shape.Check();
        string file = shape.UsesTensorCores ? "paged_attention.cu" : "paged_attention_any.cu";
        return new KernelSource(file, shape.Defines(Warps, shape.QueryVector));
    }

    internal static KernelSource MergeSource(PagedAttentionShape shape) =>
        new("paged_attention_merge.cu", shape.Defines(MergeWarps, ElementTypes.Vector(shape.HeadDim)));

    private static void CheckWorkspace(Tensor workspace, long size)
    {
        TensorCheck.Expect(workspace, nameof(workspace), ScalarType.Float32, TensorCheck.Any);
        TensorCheck.Aligned(workspace, nameof(workspace), 4 * sizeof(float));
        if (workspace.size(0) < size)
        {
            throw new ArgumentException($"workspace has {workspace.size(0)} floats; expected at least {size}.", nameof(workspace));
        }
    }

    private long Partials(int rows) => (long)rows * _shape.Heads * _shape.Splits(rows, _multiprocessors);

    /// <summary>Floats of the maxima and sums, which come first; rounded up so that what follows is aligned for vectors.</summary>
    private long StatisticsSize(int rows) => (2 * Partials(rows) + 3) / 4 * 4;
}
