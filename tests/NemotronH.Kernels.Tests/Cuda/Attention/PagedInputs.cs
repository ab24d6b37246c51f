using NemotronH.Kernels.Cuda;
using static TorchSharp.torch;

namespace NemotronH.Kernels.Tests.Cuda.Attention;

/// <summary>A paged cache whose pages lie in random order, on the CPU.</summary>
internal sealed class PagedInputs
{
    /// <summary>Slots of the page table, of which the last is the padding rows'.</summary>
    public const int Slots = 5;

    /// <summary>Makes a cache with every page written: rows beyond a sequence's end hold other numbers, as they do when pages are reused.</summary>
    public PagedInputs(PagedAttentionShape shape)
    {
        Shape = shape;
        int pages = Slots * shape.PagesPerSequence;
        using (var generator = new Generator(3, CPU))
        {
            PageTable = randperm(pages, dtype: ScalarType.Int32, generator: generator).reshape(Slots, shape.PagesPerSequence);
        }

        Keys = Pages(4, 0x7f);
        Values = Pages(5, 0x7f);

        Tensor Pages(int seed, long codes)
        {
            long[] size = [(long)pages * shape.PageSize, shape.KeyValueHeads, shape.HeadDim];
            return shape.Float8
                ? Numbers.Integers(seed, codes, ScalarType.Byte, size).bitwise_or(Numbers.Integers(seed + 10, 2, ScalarType.Byte, size) * 128)
                : Numbers.Normal(seed, size).to(ScalarType.BFloat16);
        }
    }

    public PagedAttentionShape Shape { get; }

    public Tensor PageTable { get; }

    public Tensor Keys { get; }

    public Tensor Values { get; }

    public Tensor Projected(int seed, int rows) => Numbers.Normal(seed, rows, Shape.RowWidth);

    public static Tensor Columns(Tensor projected, int column, int count) => projected.narrow(1, column, count);

    /// <summary>A shape whose queries, keys and values lie side by side, with some columns behind them.</summary>
    public static PagedAttentionShape Side(int heads, int keyValueHeads, int headDim, int pageSize, int pagesPerSequence, int behind = 0) =>
        new(heads, keyValueHeads, headDim, pageSize, pagesPerSequence, (heads + 2 * keyValueHeads) * headDim + behind);
}
