using static TorchSharp.torch;

namespace NemotronH.Quantization.Methods;

/// <summary>Packed weights against their formats' definitions, and the two ways of dequantising against each other.</summary>
public sealed class QuantizedWeightTests
{
    public static TheoryData<int, int> Shapes => new() { { 1, 16 }, { 3, 48 }, { 17, 208 }, { 300, 1024 }, { 130, 1040 } };

    [Theory]
    [MemberData(nameof(Shapes))]
    public void NVFP4_is_the_definition_rounded_once(int rows, int columns)
    {
        using var scope = NewDisposeScope();
        var random = new RandomWeights(rows);
        byte[] codes = random.Bytes((long)rows * columns / 2), scales = random.E4M3Codes((long)rows * columns / 16);
        float factor = random.Factor();
        using PackedNvfp4Weight weight = new("w", tensor(codes).view(rows, columns / 2), tensor(scales).view(rows, columns / 16), tensor(factor));

        AssertDefinition(RandomWeights.Nvfp4Values(codes, scales, factor, rows, columns), weight);
        Assert.Equal((rows * columns / 2) + (rows * columns / 16) + 4, weight.Bytes);
    }

    [Theory]
    [MemberData(nameof(Shapes))]
    public void FP8_is_the_definition_rounded_once(int rows, int columns)
    {
        using var scope = NewDisposeScope();
        var random = new RandomWeights(rows);
        byte[] codes = random.E4M3Codes((long)rows * columns);
        float scale = random.Factor();
        using Fp8Weight weight = new("w", tensor(codes).view(rows, columns), tensor([scale]));

        AssertDefinition(RandomWeights.Fp8Values(codes, scale, rows, columns), weight);
        Assert.Equal((rows * columns) + 4, weight.Bytes);
    }

    [Theory]
    [InlineData(ScalarType.Float32)]
    [InlineData(ScalarType.BFloat16)]
    public void Torch_operations_give_the_bits_of_the_vector_code(ScalarType dtype)
    {
        using var scope = NewDisposeScope();
        var random = new RandomWeights(5);
        Tensor codes = tensor(random.Bytes(4 * 33 * 104)).view(4, 33, 104), scales = tensor(random.E4M3Codes(4 * 33 * 13)).view(4, 33, 13);
        Tensor factors = tensor([1e-38f, 3.3e-5f, 0.37f, 0f]);
        Tensor host = full([4, 33, 208], double.NaN, dtype), torch = full([4, 33, 208], double.NaN, dtype);
        HostDequantizer.Nvfp4(codes, scales, factors, host);
        TorchDequantizer.Nvfp4(codes, scales, factors, torch);
        RandomWeights.AssertSame(host, torch);

        Tensor bytes = tensor(random.E4M3Codes(4 * 33 * 208)).view(4, 33, 208);
        HostDequantizer.Fp8(bytes, factors, host.fill_(double.NaN));
        TorchDequantizer.Fp8(bytes, factors, torch.fill_(double.NaN));
        RandomWeights.AssertSame(host, torch);
    }

    [Fact]
    public void Rows_and_matrices_of_a_stack_are_those_of_the_whole()
    {
        using var scope = NewDisposeScope();
        var random = new RandomWeights(6);
        Tensor codes = tensor(random.Bytes(5 * 7 * 16)).view(5, 7, 16), scales = tensor(random.ScaleCodes(5 * 7 * 2)).view(5, 7, 2);
        using PackedNvfp4Weight stack = new("w", codes.clone(), scales.clone(), tensor([1f, 2f, 3f, 4f, 5f]));
        Tensor chosen = full([3, 7, 32], float.NaN);
        stack.DequantizeMatrices(tensor([4L, 0L, 4L]), chosen);

        foreach ((int place, int index) in new[] { (0, 4), (1, 0), (2, 4) })
        {
            double[,] expected = RandomWeights.Nvfp4Values(
                codes[index].data<byte>().ToArray(), scales[index].data<byte>().ToArray(), index + 1, 7, 32);
            Assert.Equal(expected, RandomWeights.ToDoubles(chosen[place]));
            using QuantizedWeight matrix = stack.Matrix(index);
            Tensor rows = full([2, 32], float.NaN), lookedUp = full([3, 32], float.NaN);
            matrix.DequantizeRows(3, rows);
            matrix.LookUp(tensor([6L, 6L, 1L]), lookedUp);
            RandomWeights.AssertSame(rows, chosen[place].narrow(0, 3, 2));
            RandomWeights.AssertSame(lookedUp, chosen[place].index_select(0, tensor([6L, 6L, 1L])));
        }
    }

    [Fact]
    public void Single_matrices_stack_to_what_they_are()
    {
        using var scope = NewDisposeScope();
        var random = new RandomWeights(7);
        QuantizedWeight[] nvfp4 = [.. Enumerable.Range(0, 3).Select(i =>
            new PackedNvfp4Weight($"{i}", tensor(random.Bytes(40)).view(5, 8), tensor(random.ScaleCodes(5)).view(5, 1), tensor(random.Factor())))];
        QuantizedWeight[] fp8 = [.. Enumerable.Range(0, 3).Select(i => new Fp8Weight($"{i}", tensor(random.E4M3Codes(80)).view(5, 16), tensor(random.Factor())))];
        foreach (QuantizedWeight[] matrices in new[] { nvfp4, fp8 })
        {
            using QuantizedWeight stack = matrices[0].StackOf(matrices);
            Tensor all = full([3, 5, 16], float.NaN), one = full([5, 16], float.NaN);
            stack.DequantizeMatrices(arange(3), all);
            for (int i = 0; i < 3; i++)
            {
                matrices[i].DequantizeRows(0, one);
                RandomWeights.AssertSame(all[i], one);
                matrices[i].Dispose();
            }
        }
    }

    [Fact]
    public void Scales_that_arrive_swizzled_are_put_in_row_order_before_anything_reads_them()
    {
        using var scope = NewDisposeScope();
        var random = new RandomWeights(8);
        byte[] codes = random.Bytes(70 * 48), scales = random.ScaleCodes(70 * 6), swizzled = new byte[128 * 8];
        Formats.ScaleSwizzle.Swizzle(scales, 70, 6, swizzled);
        using PackedNvfp4Weight weight = new("w", tensor(codes).view(70, 48), tensor(swizzled).view(128, 8), tensor(0.5f));

        AssertDefinition(RandomWeights.Nvfp4Values(codes, scales, 0.5f, 70, 96), weight);
    }

    [Fact]
    public void A_refused_tensor_stays_the_callers()
    {
        using Tensor codes = zeros([4, 8], ScalarType.Byte), scales = zeros([5, 1], ScalarType.Byte), factor = ones(1);
        Assert.Throws<ArgumentException>(() => new PackedNvfp4Weight("w", codes, scales, factor));
        Assert.Equal([4, 8], codes.shape);
    }

    private static void AssertDefinition(double[,] expected, QuantizedWeight weight)
    {
        float[] singles = [.. expected.Cast<double>().Select(value => (float)value)];
        using Tensor wide = full([weight.Rows, weight.Columns], double.NaN, ScalarType.Float32);
        weight.DequantizeRows(0, wide);
        Assert.Equal(singles, wide.data<float>().ToArray());

        using Tensor narrow = full([weight.Rows, weight.Columns], double.NaN, ScalarType.BFloat16);
        weight.DequantizeRows(0, narrow);
        using Tensor rounded = tensor(singles).view(weight.Rows, weight.Columns).to(ScalarType.BFloat16);
        RandomWeights.AssertSame(narrow, rounded);
    }
}
