using static TorchSharp.torch;

namespace NemotronH.Quantization;

/// <summary>
/// The one place where block scales are brought into row order. Checkpoints hold them row by row; scales that arrive in the 128x4 order of
/// Blackwell's tensor cores are recognised by their padded shape alone. Where padding would change nothing the shape proves nothing, and the
/// scales are taken to be row by row, as every known checkpoint has them.
/// </summary>
/// <param name="Count">Matrices in a stack, or <see langword="null"/> for a single matrix.</param>
/// <param name="Rows">Rows N of a matrix.</param>
/// <param name="Blocks">Blocks K/16 of a row.</param>
internal readonly record struct BlockScales(long? Count, long Rows, long Blocks)
{
    private const int TileRows = 128;
    private const int TileColumns = 4;
    private const int TileRowGroup = 32;

    private long PaddedRows => (Rows + TileRows - 1) / TileRows * TileRows;

    private long PaddedBlocks => (Blocks + TileColumns - 1) / TileColumns * TileColumns;

    /// <summary>[E,] N, K/16.</summary>
    public long[] LinearShape => Count is long count ? [count, Rows, Blocks] : [Rows, Blocks];

    private long[] SwizzledShape => Count is long count ? [count, PaddedRows, PaddedBlocks] : [PaddedRows, PaddedBlocks];

    /// <summary>Tells the layout from a shape.</summary>
    /// <param name="shape">Shape of the scales as stored: a matrix (or stack) or flat.</param>
    /// <returns>The layout, or <see langword="null"/> for a shape that is neither's.</returns>
    public BlockScaleLayout? Classify(ReadOnlySpan<long> shape)
    {
        long matrices = Count ?? 1;
        if (shape.SequenceEqual(LinearShape) || shape.SequenceEqual([matrices * Rows * Blocks]))
        {
            return BlockScaleLayout.Linear;
        }

        bool padded = shape.SequenceEqual(SwizzledShape) || shape.SequenceEqual([matrices * PaddedRows * PaddedBlocks]);
        return padded ? BlockScaleLayout.Swizzled : null;
    }

    /// <summary>Which shapes are accepted, for messages.</summary>
    public string Expectation => $"{TensorContract.Text(LinearShape)}, or {TensorContract.Text(SwizzledShape)} where they are swizzled";

    /// <summary>Brings scales into row order.</summary>
    /// <param name="scales">Contiguous bytes of a shape that <see cref="Classify"/> knows, on any device.</param>
    /// <returns>[E,] N, K/16: a view where the order is right already, else a new tensor.</returns>
    public Tensor ToLinear(Tensor scales)
    {
        if (Classify(scales.shape) != BlockScaleLayout.Swizzled)
        {
            return scales.view(LinearShape);
        }

        // [.., row / 128, column / 4, row % 32, row % 128 / 32, column % 4]: rows together, columns together, padding off.
        using var scope = NewDisposeScope();
        long rowTiles = PaddedRows / TileRows, columnTiles = PaddedBlocks / TileColumns;
        Tensor tiles = scales.view(Count ?? 1, rowTiles, columnTiles, TileRowGroup, TileRows / TileRowGroup, TileColumns);
        Tensor padded = tiles.permute(0, 1, 4, 3, 2, 5).reshape(Count ?? 1, PaddedRows, PaddedBlocks);
        return padded.narrow(1, 0, Rows).narrow(2, 0, Blocks).contiguous().view(LinearShape).MoveToOuterDisposeScope();
    }
}
