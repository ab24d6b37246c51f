using FsCheck;
using FsCheck.Fluent;

namespace NemotronH.Quantization.Formats;

public sealed class Fp8Tests
{
    [Fact]
    public void The_largest_magnitude_becomes_448()
    {
        Fp8Tensor tensor = Fp8.Quantize([0.5f, -7f, 3f, 0f]);
        Assert.Equal(7f / 448f, tensor.Scale);
        Assert.Equal([0x60, 0xFE, 0x74, 0x00], tensor.Codes); // 32, -448, 192, 0
    }

    [Fact]
    public void Reading_back_is_the_code_times_the_scale()
    {
        byte[] codes = [.. Enumerable.Range(0, 256).Select(code => (byte)code)];
        float[] weights = new float[256];
        Fp8.Dequantize(codes, 0.3f, weights);
        Assert.Equal([.. codes.Select(code => E4M3.Decode(code) * 0.3f)], weights);
    }

    [Fact]
    public void Zeros_have_scale_zero_and_read_back_as_zeros()
    {
        Fp8Tensor tensor = Fp8.Quantize([0f, -0f, 0f]);
        Assert.Equal(0f, tensor.Scale);
        Assert.Equal([0x00, 0x80, 0x00], tensor.Codes);
        float[] weights = new float[3];
        Fp8.Dequantize(tensor.Codes, tensor.Scale, weights);
        Assert.Equal([0f, 0f, 0f], weights);
    }

    [Theory]
    [InlineData(float.NaN, "layer.weight: element 2 is NaN; only finite numbers can be quantised.")]
    [InlineData(float.NegativeInfinity, "layer.weight: element 2 is -Infinity; only finite numbers can be quantised.")]
    public void A_number_that_is_not_finite_is_refused_by_place(float value, string message)
    {
        var error = Assert.Throws<QuantizationException>(() => Fp8.Quantize([1f, 2f, value, 3f], "layer.weight"));
        Assert.Equal(message, error.Message);
    }

    [Fact]
    public void Each_number_is_divided_in_single_precision_and_encoded() =>
        Prop.ForAll<float[]>(values =>
        {
            float[] weights = [.. values.Where(float.IsFinite), 1f];
            Fp8Tensor tensor = Fp8.Quantize(weights);
            float scale = weights.Max(MathF.Abs) / 448f;
            return tensor.Scale == scale && tensor.Codes.SequenceEqual(weights.Select(x => E4M3.Encode(x / scale)));
        }).QuickCheckThrowOnFailure();

    [Fact]
    public void Pieces_longer_than_the_buffer_are_one_tensor()
    {
        float[] weights = [.. ReferenceFormat.LogUniform(11, 5000, 1e-3, 10)];
        Fp8Tensor tensor = Fp8.Quantize(weights);
        Assert.Equal([.. weights.Select(x => E4M3.Encode(x / tensor.Scale))], tensor.Codes);
    }
}
