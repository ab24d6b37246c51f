using NemotronH.Caching;
using NemotronH.Kernels.Interop;
using NemotronH.Quantization;
using NemotronH.Quantization.Formats;
using NemotronH.Tests.Modules;
using TorchSharp;
using static TorchSharp.torch;

namespace NemotronH.Tests.Caching;

public sealed class KeyValueFormatTests : IDisposable
{
    private readonly DisposeScope _scope = NewDisposeScope();

    public void Dispose() => _scope.Dispose();

    [Theory]
    [InlineData(1f)]
    [InlineData(0.37f)]
    [InlineData(3f)]
    public void Eight_bits_hold_the_nearest_code_of_the_scaled_number_saturated(float scale)
    {
        var random = new Random(1);
        float[] values = [0f, -0f, 447f * scale, 464f * scale, 1e9f, -1e9f, 1e-9f, .. Enumerable.Range(0, 500).Select(_ => (random.NextSingle() - 0.5f) * 40)];
        var format = new KeyValueFormat(AtenInterop.Float8E4M3);
        Tensor held = format.Encode(tensor(values), scale);

        Assert.Equal(ScalarType.Byte, held.dtype);
        Assert.Equal([.. values.Select(value => E4M3.Encode(value / scale))], held.data<byte>().ToArray());
        Assert.Equal([.. values.Select(value => E4M3.Decode(E4M3.Encode(value / scale)) * scale)], format.Decode(held, scale, ScalarType.Float32).data<float>().ToArray());
    }

    [Theory]
    [InlineData(ScalarType.Float32)]
    [InlineData(ScalarType.BFloat16)]
    public void Float_types_are_not_scaled(ScalarType dtype)
    {
        var format = new KeyValueFormat(dtype);
        Tensor values = tensor([1f, 1000f, -3f]);
        Tensor back = format.Decode(format.Encode(values, 5f), 5f, ScalarType.Float32);
        Assert.Equal(values.to(dtype).to(ScalarType.Float32).data<float>().ToArray(), back.data<float>().ToArray());
    }

    [Fact]
    public void A_layer_takes_its_scales_from_the_checkpoint_and_one_where_it_has_none()
    {
        using var source = new MemoryTensorSource { ["a.k_proj.k_scale"] = tensor(0.5f) };
        var loader = new WeightLoader(source, new WeightOptions());
        Assert.Equal(new KeyValueScales(0.5f, 1f), KeyValueScales.Load(loader, "a"));
        source["a.v_proj.v_scale"] = tensor(0f);
        Assert.Equal(
            "tensor 'a.v_proj.v_scale' is 0; expected a positive scale", Assert.Throws<CheckpointException>(() => KeyValueScales.Load(loader, "a")).Message);
        source["a.v_proj.v_scale"] = ones(2);
        Assert.Equal(
            "tensor 'a.v_proj.v_scale' is Float32 [2]; expected one Float32 for the whole tensor",
            Assert.Throws<CheckpointException>(() => KeyValueScales.Load(loader, "a")).Message);
    }

    [Fact]
    public void A_cache_of_eight_bits_keeps_sequences_apart_and_errs_by_half_a_unit()
    {
        using TestModel wide = TestModel.Create("nano");
        using var narrow = new ModelCache(wide.Config, wide.Cache.Options with { KeyValueDtype = AtenInterop.Float8E4M3 });
        CachedSequence first = narrow.Add(), second = narrow.Add();
        int heads = wide.Config.Attention!.NumKeyValueHeads, headDim = wide.Config.Attention.HeadDim;
        var scales = new KeyValueScales(0.5f, 2f);
        var written = new Dictionary<CachedSequence, (Tensor Keys, Tensor Values)>();
        foreach (CachedSequence sequence in new[] { first, second })
        {
            written[sequence] = (randn([20, heads, headDim]), randn([20, heads, headDim]));
            narrow.Reserve(sequence, 20);
            using Tensor rows = tensor(PageTable.Rows(sequence.Pages, narrow.Options.PageSize, 0, 20));
            narrow.KeyValues(0).Append(rows, written[sequence].Keys, written[sequence].Values, scales);
        }

        foreach ((CachedSequence sequence, (Tensor keys, Tensor values)) in written)
        {
            (Tensor k, Tensor v) = narrow.KeyValues(0).Read(sequence, 20, ScalarType.Float32, scales);

            // Half a unit in the last of three mantissa bits, and of the subnormals below 2^-6.
            Assert.True(((k - keys).abs() <= (keys.abs() / 16).clamp_min(0.5 * Math.Pow(2, -10))).all().item<bool>());
            Assert.True(((v - values).abs() <= (values.abs() / 16).clamp_min(2 * Math.Pow(2, -10))).all().item<bool>());
        }
    }

    [Fact]
    public void Logits_with_a_cache_of_eight_bits_stay_near_those_without()
    {
        string directory = Fixtures.Directory("quantized", "super-mixed");
        int[] ids = [.. Enumerable.Range(0, 60).Select(i => i * 7 % 160)];
        using LanguageModel wide = LanguageModel.Load(directory), narrow = LanguageModel.Load(directory, new ModelOptions { KeyValueDtype = AtenInterop.Float8E4M3 });
        Tensor expected = wide.ComputeLogits(ids), actual = narrow.ComputeLogits(ids), decoded = narrow.ComputeLogits(ids, decodeFrom: 5);

        Assert.InRange(((actual - expected).norm() / expected.norm()).item<float>(), 1e-6f, 0.02f);
        Assert.True(decoded.allclose(actual, rtol: 0, atol: 1e-4));
    }
}
