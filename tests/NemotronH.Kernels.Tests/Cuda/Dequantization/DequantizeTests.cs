using NemotronH.Kernels.Cuda;
using static TorchSharp.torch;

namespace NemotronH.Kernels.Tests.Cuda.Dequantization;

public sealed class DequantizeTests
{
    /// <summary>What E2M1's codes 0 to 7 stand for: the table of the OCP microscaling specification.</summary>
    private static readonly double[] E2M1 = [0, 0.5, 1, 1.5, 2, 3, 4, 6];

    [Fact]
    public void The_nvfp4_reference_gives_what_the_formats_define()
    {
        var random = new Random(5);
        byte[] codes = new byte[2 * 3 * 16], scales = [.. Enumerable.Range(0, 2 * 3 * 2).Select(_ => (byte)random.Next(0x7F))];
        random.NextBytes(codes);
        float[] factors = [0.0173f, 3e-4f];
        using var scope = NewDisposeScope();
        Tensor values = DequantizeReference.Nvfp4(tensor(codes).view(2, 3, 16), tensor(scales).view(2, 3, 2), tensor(factors));
        Assert.Equal([2, 3, 32], values.shape);
        float[] found = values.to(ScalarType.Float32).data<float>().ToArray();
        for (int i = 0; i < found.Length; i++)
        {
            int code = codes[i / 2] >> (4 * (i % 2)) & 15;
            double magnitude = E2M1[code & 7] * E4M3(scales[i / 16]) * factors[i / 96];
            Assert.Equal(Nearest(code < 8 ? magnitude : -magnitude), found[i]);
        }
    }

    [Fact]
    public void The_fp8_reference_gives_what_the_format_defines()
    {
        byte[] codes = [.. Enumerable.Range(0, 256).Select(code => (byte)code)];
        using var scope = NewDisposeScope();
        Tensor values = DequantizeReference.Fp8(tensor(codes).view(1, 256), tensor(new[] { 0.37f }));
        float[] found = values.to(ScalarType.Float32).data<float>().ToArray();
        for (int code = 0; code < 256; code++)
        {
            double value = E4M3((byte)(code & 0x7F)) * 0.37f;
            Assert.Equal(Nearest(code < 128 ? value : -value), found[code]);
        }
    }

    [Theory]
    [InlineData(6, 1856, 2688, 132, 1056)]
    [InlineData(128, 1856, 2688, 132, 1056)]
    [InlineData(1, 10304, 2688, 132, 1056)]
    [InlineData(1, 64, 64, 132, 1)]
    [InlineData(2, 100, 4096, 132, 100)]
    public void The_grid_is_as_large_as_the_work_but_no_larger_than_the_gpu(
        int matrices, int rows, int columns, int multiprocessors, int blocks) =>
        Assert.Equal(blocks, DequantizeGeometry.Grid(matrices, DequantizeGeometry.Groups(rows, columns), multiprocessors));

    [Fact]
    public void Columns_that_break_a_block_are_refused()
    {
        using Tensor target = empty(2, 3, 24, ScalarType.BFloat16);
        Assert.StartsWith(
            "target has matrices [3, 24]; expected columns in multiples of 16 and 1 to 2147483647 elements.",
            Assert.Throws<ArgumentException>(() => DequantizeGeometry.Validate(target, "target")).Message);
    }

    private static double E4M3(byte magnitude) => magnitude switch
    {
        0x7F => double.NaN,
        < 8 => magnitude * Math.Pow(2, -9),
        _ => (1 + ((magnitude & 7) / 8.0)) * Math.Pow(2, (magnitude >> 3) - 7),
    };

    /// <summary>
    /// The nearest bfloat16, by the decimal value alone: a float32 on the way, as the formula has it, then eight significant bits.
    /// </summary>
    private static float Nearest(double value)
    {
        double rounded = (float)value;
        if (rounded == 0 || double.IsNaN(rounded))
        {
            return (float)rounded;
        }

        double unit = Math.Pow(2, Math.Max(Math.ILogB(rounded), -126) - 7);
        return (float)(Math.Round(rounded / unit, MidpointRounding.ToEven) * unit);
    }
}
