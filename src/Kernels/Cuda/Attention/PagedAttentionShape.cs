using static TorchSharp.torch;

namespace NemotronH.Kernels.Cuda;

/// <summary>What a <see cref="KeyValueAppendKernel"/> and a <see cref="PagedAttentionKernel"/> are compiled for.</summary>
/// <param name="Heads">Query heads.</param>
/// <param name="KeyValueHeads">Heads of keys and values; query heads h · (heads / KV heads) and on share KV head h.</param>
/// <param name="HeadDim">Width of a head.</param>
/// <param name="PageSize">Tokens of a page.</param>
/// <param name="PagesPerSequence">Entries of the page table for each slot.</param>
/// <param name="RowWidth">Width of a row of the projection that holds queries, keys and values.</param>
public sealed record PagedAttentionShape(int Heads, int KeyValueHeads, int HeadDim, int PageSize, int PagesPerSequence, int RowWidth)
{
    /// <summary>Tokens by whose multiples a sequence is split; paged_attention.cuh has the same.</summary>
    internal const int SplitUnit = 64;

    private const int TileRows = 16;
    private const int WidestTensorCoreHead = 128;

    /// <summary>Whether pages hold E4M3 codes (value = code · scale) instead of bfloat16.</summary>
    public bool Float8 { get; init; }

    /// <summary>Where the queries begin in a row of the projection.</summary>
    public int QueryColumn { get; init; }

    /// <summary>Where the keys begin in a row of the projection.</summary>
    public int KeyColumn { get; init; } = Heads * HeadDim;

    /// <summary>Where the values begin in a row of the projection.</summary>
    public int ValueColumn { get; init; } = (Heads + KeyValueHeads) * HeadDim;

    internal int KeyValueWidth => KeyValueHeads * HeadDim;

    internal ScalarType PageDtype => Float8 ? ScalarType.Byte : ScalarType.BFloat16;

    internal bool UsesTensorCores => HeadDim % TileRows == 0 && HeadDim <= WidestTensorCoreHead;

    internal int QueryVector => ElementTypes.Vector(HeadDim, RowWidth, QueryColumn);

    internal int AppendVector => ElementTypes.Vector(KeyValueWidth, RowWidth, KeyColumn, ValueColumn);

    /// <summary>Blocks that one split of one row takes: one for each tile of 16 query heads, or for each head.</summary>
    internal int BlocksPerSplit =>
        UsesTensorCores ? KeyValueHeads * LaunchGeometry.Blocks(Heads / KeyValueHeads, TileRows) : Heads;

    /// <summary>How many blocks share a row's tokens: enough for four on every multiprocessor, if the context can fill them.</summary>
    /// <param name="rows">Rows of the launch.</param>
    /// <param name="multiprocessors">Multiprocessors of the GPU.</param>
    internal int Splits(int rows, int multiprocessors)
    {
        long most = LaunchGeometry.Blocks((long)PageSize * PagesPerSequence, SplitUnit);
        return (int)Math.Clamp(4L * multiprocessors / ((long)rows * BlocksPerSplit), 1, most);
    }

    /// <summary>Expects sizes that fit together.</summary>
    /// <exception cref="ArgumentException">They do not.</exception>
    internal void Check()
    {
        ArgumentOutOfRangeException.ThrowIfNegativeOrZero(KeyValueHeads);
        ArgumentOutOfRangeException.ThrowIfNegativeOrZero(HeadDim);
        ArgumentOutOfRangeException.ThrowIfNegativeOrZero(PageSize);
        ArgumentOutOfRangeException.ThrowIfNegativeOrZero(PagesPerSequence);
        if (Heads <= 0 || Heads % KeyValueHeads != 0)
        {
            throw new ArgumentException($"{Heads} query heads are not a multiple of {KeyValueHeads} KV heads.", nameof(Heads));
        }

        Projection.Check(RowWidth, QueryColumn, Heads * HeadDim, "the queries");
        Projection.Check(RowWidth, KeyColumn, KeyValueWidth, "the keys");
        Projection.Check(RowWidth, ValueColumn, KeyValueWidth, "the values");
    }

    /// <summary>Macros of paged_attention.cuh.</summary>
    internal (string Name, string Value)[] Defines(int warps, int vector) =>
    [
        ElementTypes.Define("HEADS", Heads),
        ElementTypes.Define("KV_HEADS", KeyValueHeads),
        ElementTypes.Define("HEAD_DIM", HeadDim),
        ElementTypes.Define("PAGE_SIZE", PageSize),
        ElementTypes.Define("FP8", Float8 ? 1 : 0),
        ElementTypes.Define("VEC", vector),
        ElementTypes.Define("WARPS", warps),
    ];
}
