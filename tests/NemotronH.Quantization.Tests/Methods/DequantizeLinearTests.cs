using NemotronH.Quantization.Formats;
using TorchSharp;
using static TorchSharp.torch;

namespace NemotronH.Quantization.Methods;

public sealed class DequantizeLinearTests : IDisposable
{
    private const string Module = "backbone.layers.0.mixer.in_proj";

    private readonly StoredTensors _source = new();
    private readonly DisposeScope _scope = NewDisposeScope();

    public static TheoryData<string> QuantizedFormats => ["nvfp4", "fp8"];

    public void Dispose()
    {
        _scope.Dispose();
        _source.Dispose();
    }

    [Theory]
    [MemberData(nameof(QuantizedFormats))]
    public void The_product_is_that_with_the_values_of_the_codes(string format)
    {
        double[,] weight = Add(format, 45, 96);
        using LinearMethod linear = new WeightLoader(_source, new WeightOptions()).LoadLinear(Module, 45, 96);
        Tensor input = new RandomWeights(2).Input(7, 96);

        Assert.Equal(format, linear.Format);
        RandomWeights.AssertClose(RandomWeights.Multiply(RandomWeights.ToDoubles(input), weight), linear.forward(input), 1e-6);
    }

    [Theory]
    [MemberData(nameof(QuantizedFormats))]
    public void A_bias_is_added(string format)
    {
        double[,] weight = Add(format, 6, 32);
        Tensor bias = new RandomWeights(3).Input(6);
        _source.Add($"{Module}.bias", bias.clone());
        using LinearMethod linear = new WeightLoader(_source, new WeightOptions()).LoadLinear(Module, 6, 32);

        double[,] expected = new double[2, 6];
        for (int n = 0; n < 6; n++)
        {
            expected[0, n] = expected[1, n] = Enumerable.Range(0, 32).Sum(k => weight[n, k]) + bias[n].item<float>();
        }

        RandomWeights.AssertClose(expected, linear.forward(ones([2, 32])), 1e-6);
    }

    [Theory]
    [MemberData(nameof(QuantizedFormats))]
    public void Pieces_give_what_the_whole_gives(string format)
    {
        Add(format, 45, 96);
        Tensor input = new RandomWeights(2).Input(20, 96);
        using LinearMethod whole = new WeightLoader(_source, new WeightOptions()).LoadLinear(Module, 45, 96);
        Tensor expected = whole.forward(input);
        foreach (long bytes in new long[] { 1, 96 * 4 * 7, 96 * 4 * 44 })
        {
            var loader = new WeightLoader(_source, new WeightOptions { DequantizationBytes = bytes });
            using LinearMethod inPieces = loader.LoadLinear(Module, 45, 96);

            Assert.Equal(Math.Max(bytes, 96 * 4), loader.Workspace.ByteCount);
            RandomWeights.AssertClose(RandomWeights.ToDoubles(expected), inPieces.forward(input), 1e-6);
            loader.Workspace.Dispose();
        }
    }

    [Theory]
    [MemberData(nameof(QuantizedFormats))]
    public void In_bfloat16_the_weight_is_rounded_once_and_the_product_is_torchs(string format)
    {
        double[,] weight = Add(format, 24, 64);
        Tensor rounded = tensor(weight.Cast<double>().Select(value => (float)value).ToArray()).view(24, 64).to(ScalarType.BFloat16);
        using LinearMethod linear = new WeightLoader(_source, new WeightOptions { ComputeDtype = ScalarType.BFloat16 }).LoadLinear(Module, 24, 64);
        Tensor input = new RandomWeights(4).Input(5, 64).to(ScalarType.BFloat16);

        RandomWeights.AssertSame(linear.forward(input), nn.functional.linear(input, rounded));
    }

    [Fact]
    public void Compressed_tensors_hold_the_inverse_of_the_factor()
    {
        double[,] weight = Add("nvfp4", 5, 32);
        float factor = _source[$"{Module}.weight_scale_2"].item<float>();
        _source.Add($"{Module}.weight_packed", _source[$"{Module}.weight"].clone());
        _source.Add($"{Module}.weight_global_scale", tensor([1 / factor])).Add($"{Module}.input_global_scale", tensor([3f]));
        _source.Remove($"{Module}.weight");
        _source.Remove($"{Module}.weight_scale_2");
        using LinearMethod linear = new WeightLoader(_source, new WeightOptions()).LoadLinear(Module, 5, 32);
        Tensor input = new RandomWeights(2).Input(3, 32);

        Assert.Equal("nvfp4", linear.Format);
        RandomWeights.AssertClose(RandomWeights.Multiply(RandomWeights.ToDoubles(input), weight), linear.forward(input), 1e-6);
    }

    [Theory]
    [MemberData(nameof(QuantizedFormats))]
    public void Codes_stay_in_the_sources_memory_and_every_tensor_counts_as_used(string format)
    {
        Add(format, 4, 32);
        _source.Add($"{Module}.input_scale", tensor(1f));
        using LinearMethod linear = new WeightLoader(_source, new WeightOptions()).LoadLinear(Module, 4, 32);
        Assert.Equal(_source.Names.Order(), _source.Read.Order());
        Assert.Empty(_source.Released);
        Assert.Equal(format == "fp8" ? (4 * 32) + 4 : (4 * 16) + (4 * 2) + 4, linear.WeightBytes);

        _source[$"{Module}.weight"].zero_();
        Assert.Equal(0, linear.forward(ones([1, 32])).abs().max().item<float>());
    }

    [Theory]
    [MemberData(nameof(QuantizedFormats))]
    public void Applying_leaves_no_tensor_behind_and_changes_no_weight(string format)
    {
        Add(format, 45, 96);
        using LinearMethod linear = new WeightLoader(_source, new WeightOptions { DequantizationBytes = 96 * 4 * 10 }).LoadLinear(Module, 45, 96);
        Tensor input = new RandomWeights(2).Input(20, 96);
        Tensor first = linear.forward(input), codes = _source[$"{Module}.weight"].clone();
        GC.Collect();
        GC.WaitForPendingFinalizers();
        long before = Tensor.TotalCount;
        for (int i = 0; i < 20; i++)
        {
            using Tensor again = linear.forward(input);
            RandomWeights.AssertSame(first, again);
        }

        // Finalizers of other tests' tensors may still take some away.
        Assert.InRange(Tensor.TotalCount, 0, before);
        RandomWeights.AssertSame(codes, _source[$"{Module}.weight"]);
    }

    [Fact]
    public void Scales_that_arrive_swizzled_are_put_in_order_and_their_pages_let_go()
    {
        double[,] weight = Add("nvfp4", 70, 96);
        byte[] swizzled = new byte[128 * 8];
        ScaleSwizzle.Swizzle(_source[$"{Module}.weight_scale"].data<byte>().ToArray(), 70, 6, swizzled);
        _source.Add($"{Module}.weight_scale", tensor(swizzled).view(128, 8), StoredDtype.Float8E4M3);
        using LinearMethod linear = new WeightLoader(_source, new WeightOptions()).LoadLinear(Module, 70, 96);
        Tensor input = new RandomWeights(2).Input(3, 96);

        RandomWeights.AssertClose(RandomWeights.Multiply(RandomWeights.ToDoubles(input), weight), linear.forward(input), 1e-6);
        Assert.Equal([$"{Module}.weight_scale"], _source.Released);
    }

    [Fact]
    public void Shapes_and_scales_that_do_not_fit_are_named()
    {
        Add("nvfp4", 4, 32);
        AssertMessage($"tensor '{Module}.weight' has shape [4, 16]; expected [5, 16]", 5, 32);
        AssertMessage($"module '{Module}' is NVFP4 with 40 columns; expected a multiple of 16", 4, 40);
        _source.Add($"{Module}.weight_scale", zeros([4, 3], ScalarType.Byte), StoredDtype.Float8E4M3);
        AssertMessage($"tensor '{Module}.weight_scale' has shape [4, 3]; expected [4, 2], or [128, 4] where they are swizzled", 4, 32);
        _source.Add($"{Module}.weight_scale_2", ones(4));
        AssertMessage($"tensor '{Module}.weight_scale_2' is Float32 [4]; expected one Float32 for the whole tensor", 4, 32);
        _source.Add($"{Module}.weight_scale_2", tensor(float.NaN));
        AssertMessage($"tensor '{Module}.weight_scale_2' holds NaN; expected finite numbers that are not negative", 4, 32);
    }

    [Theory]
    [InlineData(0x7f, "NaN")]
    [InlineData(0xff, "NaN")]
    [InlineData(0xb8, "-1")]
    public void A_block_scale_that_is_negative_or_no_number_is_named(byte code, string value)
    {
        byte[] scales = [0x00, 0x38, 0x7e, 0x01, code, 0x38, 0x38, 0x38];
        string message = $"tensor '{Module}.weight_scale' holds {value} as scale 4; expected numbers that are not negative";
        Add("nvfp4", 4, 32);
        _source.Add($"{Module}.weight_scale", tensor(scales).view(4, 2), StoredDtype.Float8E4M3);
        AssertMessage(message, 4, 32);
        Assert.Equal(message, Assert.Throws<CheckpointException>(() => BlockScaleCheck.RequireOnDevice($"{Module}.weight_scale", _source[$"{Module}.weight_scale"])).Message);
        byte[] swizzled = new byte[128 * 4];
        ScaleSwizzle.Swizzle(scales, 4, 2, swizzled);
        _source.Add($"{Module}.weight_scale", tensor(swizzled).view(128, 4), StoredDtype.Float8E4M3);
        AssertMessage(message, 4, 32);
    }

    [Fact]
    public void Every_number_that_is_not_negative_is_a_block_scale_on_a_device_too()
    {
        using Tensor all = arange(0x7f, dtype: ScalarType.Byte).view(1, -1);
        BlockScaleCheck.RequireOnDevice("scales", all);
        BlockScaleCheck.Require("scales", all);
    }

    [Fact]
    public void FP8_scales_for_each_row_are_refused()
    {
        Add("fp8", 4, 32);
        _source.Add($"{Module}.weight_scale", ones([4, 1]));
        AssertMessage($"tensor '{Module}.weight_scale' is Float32 [4, 1]; expected one Float32 for the whole tensor", 4, 32);
        _source.Add($"{Module}.weight_scale", tensor(-1f));
        AssertMessage($"tensor '{Module}.weight_scale' holds -1; expected finite numbers that are not negative", 4, 32);
    }

    private double[,] Add(string format, int rows, int columns)
    {
        var random = new RandomWeights(rows + columns);
        return format == "nvfp4" ? random.AddNvfp4(_source, Module, rows, columns) : random.AddFp8(_source, Module, rows, columns);
    }

    private void AssertMessage(string message, int rows, int columns) => Assert.Equal(
        message, Assert.Throws<CheckpointException>(() => new WeightLoader(_source, new WeightOptions()).LoadLinear(Module, rows, columns)).Message);
}
