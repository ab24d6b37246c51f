using static TorchSharp.torch;

namespace NemotronH.Kernels.Cuda;

/// <summary>Writes each row's new keys and values into the pages of its sequence.</summary>
/// <remarks>
/// Token p of slot s lies in row pageTable[s][p / pageSize] · pageSize + p % pageSize. bfloat16 rounds to nearest even; E4M3 is x / scale,
/// rounded to nearest even and saturated at ±448. Latency only: a row is 1 KB.
/// </remarks>
public sealed class KeyValueAppendKernel
{
    private const int MostThreads = 128;

    private readonly PagedAttentionShape _shape;
    private readonly CudaFunction? _function;

    /// <summary>Compiles the kernel or takes it from the cache.</summary>
    /// <param name="library">The kernels of the GPU.</param>
    /// <param name="shape">What to compile it for.</param>
    /// <exception cref="ArgumentException">The shape is not one that the kernel knows.</exception>
    public KeyValueAppendKernel(KernelLibrary library, PagedAttentionShape shape)
        : this(shape, library.Get(Source(shape), "key_value_append"))
    {
    }

    internal KeyValueAppendKernel(PagedAttentionShape shape, CudaFunction? function) => (_shape, _function) = (shape, function);

    /// <summary>Queues the append of the first rows.</summary>
    /// <param name="stream">The stream.</param>
    /// <param name="rows">Rows B.</param>
    /// <param name="projected">[≥ B, row width] float32: queries, keys and values side by side.</param>
    /// <param name="slots">[≥ B] int32: each row's row of the page table.</param>
    /// <param name="positions">[≥ B] int32: the new token's position.</param>
    /// <param name="pageTable">[slots, pages per sequence] int32.</param>
    /// <param name="keyPages">[pages · page size, KV heads, head_dim] bfloat16, or bytes where the shape says E4M3; written.</param>
    /// <param name="valuePages">The same for the values; written.</param>
    /// <param name="keyScale">Factor of the keys' codes; unused for bfloat16.</param>
    /// <param name="valueScale">Factor of the values' codes; unused for bfloat16.</param>
    /// <param name="programmatic">Whether it may begin before the launch in front of it ends.</param>
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
        bool programmatic = false)
    {
        RowCheck.Count(rows);
        RowCheck.Expect(projected, nameof(projected), ScalarType.Float32, rows, _shape.RowWidth, _shape.AppendVector);
        PageCheck.Expect(_shape, rows, slots, positions, pageTable, (keyPages, keyScale), (valuePages, valueScale));
        _function!.Launch(
            stream,
            new Dim3(LaunchGeometry.Blocks(_shape.KeyValueWidth, Threads(_shape) * _shape.AppendVector), rows, 2),
            Threads(_shape),
            0,
            programmatic,
            Projection.At(projected, _shape.KeyColumn),
            Projection.At(projected, _shape.ValueColumn),
            (long)_shape.RowWidth,
            slots,
            positions,
            pageTable,
            _shape.PagesPerSequence,
            keyPages,
            valuePages,
            keyScale,
            valueScale);
    }

    internal static int Threads(PagedAttentionShape shape) => LaunchGeometry.Threads(shape.KeyValueWidth / shape.AppendVector, MostThreads);

    internal static KernelSource Source(PagedAttentionShape shape)
    {
        shape.Check();
        return new KernelSource(
            "key_value_append.cu",
            ElementTypes.Define("WIDTH", shape.KeyValueWidth),
            ElementTypes.Define("PAGE_SIZE", shape.PageSize),
            ElementTypes.Define("VEC", shape.AppendVector),
            ElementTypes.Define("THREADS", Threads(shape)),
            ElementTypes.Define("FP8", shape.Float8 ? 1 : 0));
    }
}
