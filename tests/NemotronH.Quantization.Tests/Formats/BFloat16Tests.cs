namespace NemotronH.Quantization.Formats;

public sealed class BFloat16Tests
{
    [Fact]
    public void Every_bfloat16_widens_to_its_value_and_comes_back()
    {
        ushort[] all = [.. Enumerable.Range(0, 65536).Select(bits => (ushort)bits)];
        float[] singles = new float[all.Length];
        BFloat16.ToSingle(all, singles);
        ushort[] back = new ushort[all.Length];
        BFloat16.FromSingle(singles, back);
        for (int bits = 0; bits < all.Length; bits++)
        {
            Assert.Equal((uint)bits << 16, BitConverter.SingleToUInt32Bits(singles[bits]));
            Assert.Equal(float.IsNaN(singles[bits]) ? bits | 0x40 : bits, back[bits]);
        }
    }

    [Fact]
    public void Rounding_takes_the_nearest_and_the_even_one_of_two()
    {
        foreach (float value in ReferenceFormat.RandomNumbers(7, 100_000).Concat(Ties()))
        {
            Assert.Equal(Nearest(value), BFloat16.FromSingle(value));
        }
    }

    [Theory]
    [InlineData(float.PositiveInfinity, 0x7F80)]
    [InlineData(float.NegativeInfinity, 0xFF80)]
    [InlineData(float.MaxValue, 0x7F80)]
    [InlineData(-0f, 0x8000)]
    [InlineData(1f, 0x3F80)]
    public void Known_numbers_have_known_bits(float value, ushort bits) => Assert.Equal(bits, BFloat16.FromSingle(value));

    [Fact]
    public void No_number_stays_no_number_even_if_only_its_low_bits_said_so()
    {
        float nan = BitConverter.UInt32BitsToSingle(0x7F800001);
        Assert.True(float.IsNaN(BFloat16.ToSingle(BFloat16.FromSingle(nan))));
        ushort[] many = new ushort[40];
        BFloat16.FromSingle(Enumerable.Repeat(nan, many.Length).ToArray(), many);
        Assert.All(many, bits => Assert.Equal(BFloat16.FromSingle(nan), bits));
    }

    [Fact]
    public void Spans_of_any_length_convert_as_single_numbers_do()
    {
        float[] values = [.. ReferenceFormat.RandomNumbers(8, 200)];
        for (int length = 0; length < 70; length++)
        {
            ushort[] bits = new ushort[length];
            BFloat16.FromSingle(values.AsSpan(3, length), bits);
            Assert.Equal([.. values.Skip(3).Take(length).Select(BFloat16.FromSingle)], bits);
        }
    }

    /// <summary>Halfway between two neighbours of bfloat16.</summary>
    private static IEnumerable<float> Ties() =>
        ReferenceFormat.RandomNumbers(9, 10_000).Select(value => BitConverter.UInt32BitsToSingle((BitConverter.SingleToUInt32Bits(value) & 0xFFFF0000) | 0x8000));

    private static ushort Nearest(float value)
    {
        int towardsZero = (int)(BitConverter.SingleToUInt32Bits(value) >> 16);
        double below = Math.Abs((double)value - BFloat16.ToSingle((ushort)towardsZero));
        double above = Math.Abs(Beyond(towardsZero) - value);
        bool takeBelow = below < above || (below == above && towardsZero % 2 == 0);
        return (ushort)(takeBelow ? towardsZero : towardsZero + 1);
    }

    /// <summary>The neighbour away from zero; what would follow the largest number, where infinity begins.</summary>
    private static double Beyond(int bits) => (bits & 0x7FFF) == 0x7F7F
        ? Math.CopySign(Math.Pow(2, 128), BFloat16.ToSingle((ushort)bits))
        : BFloat16.ToSingle((ushort)(bits + 1));
}
