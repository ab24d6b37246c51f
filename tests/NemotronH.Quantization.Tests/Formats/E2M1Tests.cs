namespace NemotronH.Quantization.Formats;

public sealed class E2M1Tests
{
    private static readonly double[] Magnitudes = [.. Enumerable.Range(0, 8).Select(code => ReferenceFormat.Value(code, 2, 1, 1))];

    [Fact]
    public void Every_code_has_the_value_that_its_fields_define()
    {
        for (int code = 0; code < 16; code++)
        {
            Assert.Equal((float)ReferenceFormat.Value(code, 2, 1, 1), E2M1.Decode(code));
            Assert.Equal(E2M1.Decode(code), E2M1.Values[code]);
        }

        Assert.True(float.IsNegative(E2M1.Decode(8)));
        Assert.Equal(E2M1.MaxValue, Magnitudes.Max());
    }

    [Fact]
    public void Encoding_takes_the_nearest_code_and_the_even_one_of_two()
    {
        foreach (float magnitude in ReferenceFormat.CriticalNumbers(Magnitudes)
            .Concat(ReferenceFormat.LogUniform(1, 10_000, 1e-4, 20))
            .Concat(ReferenceFormat.RandomNumbers(2, 10_000).Select(MathF.Abs)))
        {
            int nearest = ReferenceFormat.Nearest(Magnitudes, magnitude);
            Assert.Equal(nearest, E2M1.Encode(magnitude));
            Assert.Equal(nearest | 8, E2M1.Encode(-magnitude));
        }
    }

    [Theory]
    [InlineData(0.25f, 0)]
    [InlineData(0.75f, 2)]
    [InlineData(1.25f, 2)]
    [InlineData(1.75f, 4)]
    [InlineData(2.5f, 4)]
    [InlineData(3.5f, 6)]
    [InlineData(5f, 6)]
    public void A_midpoint_goes_to_the_even_code(float midpoint, int code)
    {
        Assert.Equal(code, E2M1.Encode(midpoint));
        Assert.Equal(code | 8, E2M1.Encode(-midpoint));
    }

    [Fact]
    public void Numbers_beyond_the_range_saturate_and_zeros_keep_their_sign()
    {
        Assert.Equal(7, E2M1.Encode(float.PositiveInfinity));
        Assert.Equal(15, E2M1.Encode(float.NegativeInfinity));
        Assert.Equal(15, E2M1.Encode(-1e30f));
        Assert.Equal(0, E2M1.Encode(0f));
        Assert.Equal(8, E2M1.Encode(-0f));
        Assert.Equal(8, E2M1.Encode(-0.1f));
    }

    [Fact]
    public void No_number_becomes_zero()
    {
        Assert.Equal(0, E2M1.Encode(BitConverter.UInt32BitsToSingle(0x7FC00000)));
        Assert.Equal(8, E2M1.Encode(BitConverter.UInt32BitsToSingle(0xFFC00000)));
    }
}
