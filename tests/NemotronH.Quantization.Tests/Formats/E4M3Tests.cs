using FsCheck;
using FsCheck.Fluent;

namespace NemotronH.Quantization.Formats;

public sealed class E4M3Tests
{
    private static readonly double[] Magnitudes = [.. Enumerable.Range(0, 127).Select(code => ReferenceFormat.Value(code, 4, 3, 7))];

    [Fact]
    public void All_256_codes_have_the_values_that_their_fields_define()
    {
        for (int code = 0; code < 256; code++)
        {
            float expected = (code & 0x7F) == 0x7F ? float.NaN : (float)ReferenceFormat.Value(code, 4, 3, 7);
            Assert.Equal(expected, E4M3.Decode((byte)code));
            Assert.True(float.IsNaN(expected) || float.IsNegative(E4M3.Decode((byte)code)) == code >= 128);
            Assert.Equal(expected, E4M3.Values[code]);
        }

        Assert.Equal(E4M3.MaxValue, Magnitudes.Max());
        Assert.Equal(E4M3.Epsilon, Magnitudes[1]);
    }

    [Fact]
    public void Every_code_of_a_number_encodes_to_itself()
    {
        foreach (int code in Enumerable.Range(0, 256).Where(code => (code & 0x7F) != 0x7F))
        {
            Assert.Equal(code, E4M3.Encode(E4M3.Decode((byte)code)));
        }
    }

    [Fact]
    public void Encoding_takes_the_nearest_code_and_the_even_one_of_two()
    {
        foreach (float magnitude in ReferenceFormat.CriticalNumbers(Magnitudes)
            .Concat(ReferenceFormat.LogUniform(3, 10_000, 1e-4, 1000))
            .Concat(ReferenceFormat.RandomNumbers(4, 2_000).Select(MathF.Abs)))
        {
            int nearest = ReferenceFormat.Nearest(Magnitudes, magnitude);
            Assert.Equal(nearest, E4M3.Encode(magnitude));
            Assert.Equal(nearest | 0x80, E4M3.Encode(-magnitude));
        }
    }

    [Theory]
    [InlineData(448f, 0x7E)]
    [InlineData(464f, 0x7E)]
    [InlineData(480f, 0x7E)]
    [InlineData(float.MaxValue, 0x7E)]
    [InlineData(float.PositiveInfinity, 0x7E)]
    [InlineData(float.NegativeInfinity, 0xFE)]
    [InlineData(0f, 0x00)]
    [InlineData(-0f, 0x80)]
    [InlineData(1f / 512, 0x01)]
    [InlineData(1f / 1024, 0x00)] // the midpoint between zero and the smallest
    [InlineData(3f / 1024, 0x02)] // the midpoint between codes 1 and 2
    [InlineData(1f / 64, 0x08)] // the smallest normal number
    [InlineData(1f, 0x38)]
    public void Known_numbers_have_known_codes(float value, byte code) => Assert.Equal(code, E4M3.Encode(value));

    [Fact]
    public void No_number_stays_no_number_of_its_sign()
    {
        Assert.Equal(0x7F, E4M3.Encode(BitConverter.UInt32BitsToSingle(0x7F800001)));
        Assert.Equal(0xFF, E4M3.Encode(BitConverter.UInt32BitsToSingle(0xFFFFFFFF)));
    }

    [Fact]
    public void Spans_of_any_length_encode_as_single_numbers_do()
    {
        float[] values = [.. ReferenceFormat.RandomNumbers(5, 3000), .. ReferenceFormat.LogUniform(6, 3000, 1e-4, 1000),
            .. ReferenceFormat.CriticalNumbers(Magnitudes), float.NaN, float.PositiveInfinity, float.NegativeInfinity];
        for (int start = 0; start < 70; start++)
        {
            byte[] codes = new byte[values.Length - start];
            E4M3.Encode(values.AsSpan(start), codes);
            Assert.Equal([.. values[start..].Select(E4M3.Encode)], codes);
        }
    }

    [Fact]
    public void Spans_decode_as_single_codes_do()
    {
        byte[] codes = [.. Enumerable.Range(0, 256).Select(code => (byte)code)];
        float[] values = new float[256];
        E4M3.Decode(codes, values);
        Assert.Equal([.. codes.Select(E4M3.Decode)], values);
    }

    [Fact]
    public void Encoding_never_reverses_an_order() =>
        Prop.ForAll<float, float>((a, b) => float.IsNaN(a) || float.IsNaN(b)
            || E4M3.Decode(E4M3.Encode(Math.Min(a, b))) <= E4M3.Decode(E4M3.Encode(Math.Max(a, b))))
        .QuickCheckThrowOnFailure();

    [Fact]
    public void Spans_of_different_lengths_are_refused()
    {
        var error = Assert.Throws<ArgumentException>(() => E4M3.Encode(new float[3], new byte[2]));
        Assert.Contains("codes has 2 elements; expected 3.", error.Message, StringComparison.Ordinal);
        Assert.Throws<ArgumentException>(() => E4M3.Decode(new byte[3], new float[4]));
    }
}
