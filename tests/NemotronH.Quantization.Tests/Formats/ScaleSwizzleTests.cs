using FsCheck;
using FsCheck.Fluent;

namespace NemotronH.Quantization.Formats;

public sealed class ScaleSwizzleTests
{
    [Theory]
    [InlineData(1, 1)]
    [InlineData(128, 4)]
    [InlineData(129, 5)]
    [InlineData(33, 3)]
    [InlineData(300, 116)]
    [InlineData(257, 7)]
    [InlineData(0, 4)]
    public void Swizzling_and_back_returns_the_same_scales(int rows, int columns)
    {
        byte[] linear = new byte[rows * columns];
        new Random(10).NextBytes(linear);
        byte[] swizzled = new byte[ScaleSwizzle.SwizzledLength(rows, columns)];
        Array.Fill(swizzled, (byte)0xAA);
        ScaleSwizzle.Swizzle(linear, rows, columns, swizzled);
        byte[] back = new byte[linear.Length];
        ScaleSwizzle.Unswizzle(swizzled, rows, columns, back);
        Assert.Equal(linear, back);
        Assert.Equal(linear.Sum(scale => scale), swizzled.Sum(scale => scale)); // the padding is zero
    }

    /// <summary>The layout's other description: [row tiles, column tiles, 32, 4, 4], where a tile's row is (index of the 4) · 32 + (index of the 32).</summary>
    [Fact]
    public void The_order_is_that_of_the_tiled_view()
    {
        const int Rows = 256, Columns = 12;
        int place = 0;
        for (int rowTile = 0; rowTile < Rows / 128; rowTile++)
        {
            for (int columnTile = 0; columnTile < Columns / 4; columnTile++)
            {
                for (int of32 = 0; of32 < 32; of32++)
                {
                    for (int quarter = 0; quarter < 4; quarter++)
                    {
                        for (int column = 0; column < 4; column++)
                        {
                            Assert.Equal(place++, ScaleSwizzle.Offset((rowTile * 128) + (quarter * 32) + of32, (columnTile * 4) + column, Columns));
                        }
                    }
                }
            }
        }
    }

    [Fact]
    public void No_two_scales_share_a_place_and_none_lies_outside() =>
        Prop.ForAll(Gen.Choose(1, 400).Two().ToArbitrary(), size =>
        {
            (int rows, int columns) = (size.Item1, (size.Item2 % 40) + 1);
            HashSet<int> places = [.. from row in Enumerable.Range(0, rows) from column in Enumerable.Range(0, columns) select ScaleSwizzle.Offset(row, column, columns)];
            return places.Count == rows * columns && places.Min() >= 0 && places.Max() < ScaleSwizzle.SwizzledLength(rows, columns);
        }).QuickCheckThrowOnFailure();

    [Fact]
    public void A_length_that_does_not_fit_is_refused()
    {
        var error = Assert.Throws<ArgumentException>(() => ScaleSwizzle.Unswizzle(new byte[511], 128, 4, new byte[512]));
        Assert.Contains("swizzled has 511 elements; expected 512.", error.Message, StringComparison.Ordinal);
        Assert.Throws<ArgumentException>(() => ScaleSwizzle.Swizzle(new byte[511], 128, 4, new byte[512]));
        Assert.Throws<ArgumentOutOfRangeException>(() => ScaleSwizzle.Swizzle([], -1, 4, []));
    }
}
