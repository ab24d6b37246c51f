namespace NemotronH.Quantization.Formats;

/// <summary>
/// The 128x4 order of block scales that Blackwell's tensor cores read. Checkpoints hold scales row by row; tensors that arrive swizzled are put
/// back in order once. A tile of 128 rows by 4 columns is 512 bytes, viewed as [32, 4, 4]: row modulo 32, row / 32, column.
/// </summary>
internal static class ScaleSwizzle
{
    private const int TileRows = 128;
    private const int TileColumns = 4;
    private const int TileBytes = TileRows * TileColumns;

    /// <summary>Bytes of a swizzled matrix: rows padded to 128, columns to 4.</summary>
    public static int SwizzledLength(int rows, int columns) => checked(Tiles(rows, TileRows) * Tiles(columns, TileColumns) * TileBytes);

    /// <summary>Where scale (<paramref name="row"/>, <paramref name="column"/>) of a matrix with <paramref name="columns"/> columns lies.</summary>
    public static int Offset(int row, int column, int columns) =>
        (((row / TileRows * Tiles(columns, TileColumns)) + (column / TileColumns)) * TileBytes)
        + (row % 32 * 16) + (row % TileRows / 32 * 4) + (column % TileColumns);

    /// <summary>Brings scales into tile order; the padding is zero.</summary>
    /// <param name="linear">[rows, columns] bytes.</param>
    /// <param name="rows">Rows N of the weight.</param>
    /// <param name="columns">Blocks K/16 of a row.</param>
    /// <param name="swizzled">Receives <see cref="SwizzledLength"/> bytes.</param>
    /// <exception cref="ArgumentException">The lengths do not fit.</exception>
    public static void Swizzle(ReadOnlySpan<byte> linear, int rows, int columns, Span<byte> swizzled)
    {
        CheckLengths(linear.Length, swizzled.Length, rows, columns);
        swizzled.Clear();
        for (int row = 0; row < rows; row++)
        {
            for (int column = 0; column < columns; column++)
            {
                swizzled[Offset(row, column, columns)] = linear[(row * columns) + column];
            }
        }
    }

    /// <summary>Brings scales back into row order; the padding is dropped.</summary>
    /// <param name="swizzled"><see cref="SwizzledLength"/> bytes.</param>
    /// <param name="rows">Rows N of the weight.</param>
    /// <param name="columns">Blocks K/16 of a row.</param>
    /// <param name="linear">Receives [rows, columns] bytes.</param>
    /// <exception cref="ArgumentException">The lengths do not fit.</exception>
    public static void Unswizzle(ReadOnlySpan<byte> swizzled, int rows, int columns, Span<byte> linear)
    {
        CheckLengths(linear.Length, swizzled.Length, rows, columns);
        for (int row = 0; row < rows; row++)
        {
            for (int column = 0; column < columns; column++)
            {
                linear[(row * columns) + column] = swizzled[Offset(row, column, columns)];
            }
        }
    }

    private static int Tiles(int length, int tile) => (length + tile - 1) / tile;

    private static void CheckLengths(int linear, int swizzled, int rows, int columns)
    {
        ArgumentOutOfRangeException.ThrowIfNegative(rows);
        ArgumentOutOfRangeException.ThrowIfNegative(columns);
        SpanChecks.Length((long)rows * columns, linear, nameof(linear));
        SpanChecks.Length(SwizzledLength(rows, columns), swizzled, nameof(swizzled));
    }
}
