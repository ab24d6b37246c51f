using FsCheck;
using FsCheck.Fluent;

namespace NemotronH.Quantization.Formats;

public sealed class Nvfp4Tests
{
    private static readonly Nvfp4Options FourOverSix = new() { FourOverSix = true };
    private static readonly Nvfp4Options Mse = new() { ScaleSearch = ScaleSearch.Mse };
    private static readonly Nvfp4Options Both = new() { FourOverSix = true, ScaleSearch = ScaleSearch.Mse };

    [Fact]
    public void The_low_nibble_is_the_even_column()
    {
        float[] weights = new float[16];
        Nvfp4.Dequantize([0x21, 0, 0, 0, 0, 0, 0, 0xF9], [0x38], 1f, weights);
        Assert.Equal([0.5f, 1f], weights[..2]);
        Assert.Equal([-0.5f, -6f], weights[14..]);

        byte[] nibbles = new byte[4];
        Nvfp4.Unpack([0x21, 0x43], nibbles);
        Assert.Equal([1, 2, 3, 4], nibbles);
        byte[] packed = new byte[2];
        Nvfp4.Pack(nibbles, packed);
        Assert.Equal([0x21, 0x43], packed);
    }

    [Fact]
    public void Scales_belong_to_sixteen_columns_of_a_row()
    {
        // [2, 32]: four blocks of code 2 (the value 1) under scales 1, 2, 4, 8.
        float[] weights = new float[64];
        Nvfp4.Dequantize(Enumerable.Repeat((byte)0x22, 32).ToArray(), [0x38, 0x40, 0x48, 0x50], 0.5f, weights);
        Assert.Equal([.. Enumerable.Range(0, 64).Select(i => 0.5f * (1 << (i / 16)))], weights);
    }

    [Fact]
    public void The_rule_in_numbers()
    {
        // amax 2688 makes the factor 1; a block whose largest is 12 has scale 2.
        float[] weights = [2688f, .. new float[15], 12f, -12f, 1f, -1f, 0.5f, -0.5f, 7f, -0.4f, .. new float[8]];
        Nvfp4Tensor tensor = Nvfp4.Quantize(weights, 1, 32);
        Assert.Equal(1f, tensor.WeightScale2);
        Assert.Equal([0x7E, 0x40], tensor.Scales);
        Assert.Equal(0x07, tensor.Codes[0]);
        Assert.Equal([0xF7, 0x91, 0x80, 0x86], tensor.Codes[8..12]); // 7/2 = 3.5 is a tie: 4, code 6
    }

    [Fact]
    public void A_block_of_zeros_stores_the_smallest_scale()
    {
        Nvfp4Tensor tensor = Nvfp4.Quantize([1f, .. new float[31]], 2, 16);
        Assert.Equal(0x01, tensor.Scales[1]);
        Assert.Equal(new byte[8], tensor.Codes[8..]);
    }

    [Theory]
    [InlineData(0f)]
    [InlineData(1e-42f)] // its factor rounds to zero
    public void A_matrix_of_zeros_has_factor_zero_and_reads_back_as_zeros(float value)
    {
        float[] weights = [.. Enumerable.Repeat(value, 15), -0f];
        Nvfp4Tensor tensor = Nvfp4.Quantize(weights, 1, 16);
        Assert.Equal(0f, tensor.WeightScale2);
        Assert.Equal(8, tensor.Codes[7] >> 4);
        float[] back = new float[16];
        Nvfp4.Dequantize(tensor.Codes, tensor.Scales, tensor.WeightScale2, back);
        Assert.All(back, weight => Assert.Equal(0f, weight));
        Assert.Equal(value == 0f ? 0x01 : 0x7E, tensor.Scales[0]);
    }

    [Fact]
    public void Scales_are_clamped_to_the_smallest_of_the_format()
    {
        Nvfp4Tensor tensor = Nvfp4.Quantize([2688f, .. new float[15], 1e-3f, -1e-3f, .. new float[14]], 1, 32);
        Assert.Equal(0x01, tensor.Scales[1]);
        Assert.Equal(0x91, tensor.Codes[8]); // ±0.001 / 2⁻⁹ = ±0.512, where ±0.001 / (0.001/6) would be ±6
    }

    [Fact]
    public void Four_over_six_takes_four_where_that_is_nearer()
    {
        // In sixths of the largest: 1 and 0.75 are 6 and 4.5 (which rounds to 4), in quarters 4 and 3, exact.
        float[] weights = [.. Enumerable.Repeat(1f, 8), .. Enumerable.Repeat(-0.75f, 8)];
        Nvfp4Tensor tensor = Nvfp4.Quantize(weights, 1, 16, FourOverSix);
        Assert.Equal(1f / (6 * 256), tensor.WeightScale2);
        Assert.Equal(384f, E4M3.Decode(tensor.Scales[0]));
        Assert.Equal(Enumerable.Repeat((byte)0x66, 4).Concat(Enumerable.Repeat((byte)0xDD, 4)), tensor.Codes);

        Nvfp4Tensor exact = Nvfp4.Quantize([.. Enumerable.Repeat(1f, 8), .. Enumerable.Repeat(-0.5f, 8)], 1, 16, FourOverSix);
        Assert.Equal(256f, E4M3.Decode(exact.Scales[0])); // 6 and 3, 4 and 2: equally good, so six
    }

    [Fact]
    public void Codes_are_the_nearest_for_their_scale() =>
        Prop.ForAll(Matrices(), weights =>
        {
            Nvfp4Tensor tensor = Nvfp4.Quantize(weights, 1, weights.Length);
            byte[] nibbles = new byte[weights.Length];
            Nvfp4.Unpack(tensor.Codes, nibbles);
            return Enumerable.Range(0, weights.Length)
                .All(i => nibbles[i] == E2M1.Encode(weights[i] / (E4M3.Decode(tensor.Scales[i / 16]) * tensor.WeightScale2)));
        }).QuickCheckThrowOnFailure();

    [Fact]
    public void Searching_never_makes_a_block_worse() =>
        Prop.ForAll(Matrices(), weights =>
        {
            Nvfp4Options sixOnly = Nvfp4Options.Default;
            float factor = Nvfp4.WeightScale2(weights.Max(MathF.Abs), FourOverSix);
            double[] six = BlockErrors(weights, factor, sixOnly);
            double[] fourOverSix = BlockErrors(weights, factor, FourOverSix);
            double[] both = BlockErrors(weights, factor, Both);
            return six.Zip(fourOverSix, (a, b) => b <= a).All(ok => ok) && fourOverSix.Zip(both, (a, b) => b <= a).All(ok => ok);
        }).QuickCheckThrowOnFailure();

    [Fact]
    public void The_search_finds_the_best_scale_of_its_range() =>
        Prop.ForAll(Matrices(), weights =>
        {
            Nvfp4Tensor plain = Nvfp4.Quantize(weights, 1, weights.Length);
            Nvfp4Tensor searched = Nvfp4.Quantize(weights, 1, weights.Length, Mse);
            return Enumerable.Range(0, plain.Scales.Length).All(block =>
            {
                var quantizer = new Nvfp4Block(weights.AsSpan(block * 16, 16), plain.WeightScale2);
                double found = quantizer.SquaredError(searched.Scales[block]);
                for (int code = Math.Max(1, plain.Scales[block] - 8); code <= Math.Min(0x7E, plain.Scales[block] + 8); code++)
                {
                    if (quantizer.SquaredError((byte)code) < found)
                    {
                        return false;
                    }
                }

                return true;
            });
        }).QuickCheckThrowOnFailure();

    [Fact]
    public void The_squared_error_is_that_of_what_reads_back()
    {
        float[] weights = [.. ReferenceFormat.LogUniform(12, 16, 1e-3, 1).Select((x, i) => i % 3 == 0 ? -x : x)];
        float factor = Nvfp4.WeightScale2(1f, Nvfp4Options.Default);
        byte[] codes = new byte[8];
        byte[] scales = new byte[1];
        Nvfp4.QuantizeBlocks(weights, factor, Nvfp4Options.Default, codes, scales);
        float[] back = new float[16];
        Nvfp4.Dequantize(codes, scales, factor, back);
        double[] sums = new double[4];
        for (int i = 0; i < 16; i++)
        {
            sums[i % 4] += Math.Pow(weights[i] - back[i], 2);
        }

        Assert.Equal(sums[0] + sums[1] + (sums[2] + sums[3]), new Nvfp4Block(weights, factor).SquaredError(scales[0]));
    }

    [Fact]
    public void Rows_may_go_through_piece_by_piece()
    {
        float[] weights = [.. ReferenceFormat.LogUniform(13, 6 * 48, 1e-3, 1)];
        Nvfp4Tensor whole = Nvfp4.Quantize(weights, 6, 48, FourOverSix);
        byte[] codes = new byte[whole.Codes.Length];
        byte[] scales = new byte[whole.Scales.Length];
        for (int row = 0; row < 6; row += 2)
        {
            Nvfp4.QuantizeBlocks(weights.AsSpan(row * 48, 96), whole.WeightScale2, FourOverSix, codes.AsSpan(row * 24, 48), scales.AsSpan(row * 3, 6));
        }

        Assert.Equal(whole.Codes, codes);
        Assert.Equal(whole.Scales, scales);
    }

    [Fact]
    public void What_was_quantised_quantises_to_the_same_codes() =>
        Prop.ForAll(Matrices(), weights =>
        {
            Nvfp4Tensor first = Nvfp4.Quantize(weights, 1, weights.Length);
            float[] back = new float[weights.Length];
            Nvfp4.Dequantize(first.Codes, first.Scales, first.WeightScale2, back);
            for (int block = 0; block < first.Scales.Length; block++)
            {
                if (new Nvfp4Block(back.AsSpan(block * 16, 16), first.WeightScale2).SquaredError(first.Scales[block]) != 0)
                {
                    return false;
                }
            }

            return true;
        }).QuickCheckThrowOnFailure();

    [Fact]
    public void A_number_that_is_not_finite_is_refused_by_place()
    {
        float[] weights = new float[32];
        weights[19] = float.NaN;
        var error = Assert.Throws<QuantizationException>(() => Nvfp4.Quantize(weights, 2, 16, name: "layers.0.up_proj.weight"));
        Assert.Equal("layers.0.up_proj.weight: element 19 is NaN; only finite numbers can be quantised.", error.Message);
    }

    [Fact]
    public void Shapes_that_do_not_fit_are_refused()
    {
        Assert.Contains("columns is 24; expected a positive multiple of 16.", Message(() => Nvfp4.Quantize(new float[24], 1, 24)), StringComparison.Ordinal);
        Assert.Contains("weights has 31 elements; expected 32.", Message(() => Nvfp4.Quantize(new float[31], 2, 16)), StringComparison.Ordinal);
        Assert.Contains("codes has 9 elements; expected 8.", Message(() => Nvfp4.Dequantize(new byte[9], new byte[1], 1f, new float[16])), StringComparison.Ordinal);
        Assert.Contains("scales has 2 elements; expected 1.", Message(() => Nvfp4.Dequantize(new byte[8], new byte[2], 1f, new float[16])), StringComparison.Ordinal);
        Assert.Contains("weights has 17 elements; expected a multiple of 16.", Message(() => Nvfp4.Dequantize([], [], 1f, new float[17])), StringComparison.Ordinal);
        Assert.Contains("nibbles has 3 elements; expected 4.", Message(() => Nvfp4.Unpack(new byte[2], new byte[3])), StringComparison.Ordinal);
    }

    private static string Message(Action action) => Assert.Throws<ArgumentException>(action).Message;

    /// <summary>One to six blocks of numbers over many orders of magnitude, some of them zero.</summary>
    private static Arbitrary<float[]> Matrices() =>
        Gen.Choose(1, 6).SelectMany(blocks => Gen.Choose(0, int.MaxValue).Select(seed =>
        {
            var random = new Random(seed);
            double spread = random.NextDouble() * 12;
            return Enumerable.Range(0, blocks * 16)
                .Select(_ => random.Next(8) == 0 ? 0f : (float)((random.NextDouble() - 0.5) * Math.Pow(10, -spread * random.NextDouble()))).ToArray();
        })).ToArbitrary();

    private static double[] BlockErrors(float[] weights, float factor, Nvfp4Options options)
    {
        byte[] codes = new byte[weights.Length / 2];
        byte[] scales = new byte[weights.Length / 16];
        Nvfp4.QuantizeBlocks(weights, factor, options, codes, scales);
        return [.. scales.Select((scale, block) => new Nvfp4Block(weights.AsSpan(block * 16, 16), factor).SquaredError(scale))];
    }
}
