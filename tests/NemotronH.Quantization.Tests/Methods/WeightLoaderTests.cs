using static TorchSharp.torch;

namespace NemotronH.Quantization.Methods;

public sealed class WeightLoaderTests : IDisposable
{
    private readonly StoredTensors _source = new();

    public void Dispose() => _source.Dispose();

    [Fact]
    public void The_tensors_decide_module_by_module()
    {
        var random = new RandomWeights(1);
        random.AddNvfp4(_source, "a", 8, 32);
        random.AddFp8(_source, "b", 8, 32);
        random.AddBFloat16(_source, "c", 8, 32);
        var loader = new WeightLoader(_source, new WeightOptions { ComputeDtype = ScalarType.BFloat16 });
        using LinearMethod a = loader.LoadLinear("a", 8, 32), b = loader.LoadLinear("b", 8, 32), c = loader.LoadLinear("c", 8, 32);
        using EmbeddingMethod d = loader.LoadEmbedding("a", 8, 32), e = loader.LoadEmbedding("c", 8, 32);
        Assert.Equal(["nvfp4", "fp8", "bf16", "nvfp4", "bf16"], [a.Format, b.Format, c.Format, d.Format, e.Format]);
        Assert.Equal([148, 260, 512], [a.WeightBytes, b.WeightBytes, c.WeightBytes]);
    }

    [Fact]
    public void A_config_that_says_otherwise_is_an_error_that_names_the_module()
    {
        var random = new RandomWeights(1);
        random.AddNvfp4(_source, "backbone.layers.0.mixer.in_proj", 8, 32);
        random.AddFp8(_source, "backbone.layers.0.mixer.out_proj", 8, 32);
        random.AddNvfp4(_source, "backbone.layers.1.mixer.experts.0.up_proj", 16, 32);
        random.AddNvfp4(_source, "backbone.layers.1.mixer.experts.0.down_proj", 32, 16);
        QuantizationConfig config = QuantizationConfig.FromModules(new Dictionary<string, ModulePrecision>
        {
            ["backbone.layers.0.mixer.in_proj"] = ModulePrecision.W4A16Nvfp4,
            ["backbone.layers.0.mixer.out_proj"] = ModulePrecision.Nvfp4,
            ["backbone.layers.1.mixer.experts.0.up_proj"] = ModulePrecision.Nvfp4,
            ["backbone.layers.1.mixer.experts.0.down_proj"] = ModulePrecision.Fp8,
        });
        var loader = new WeightLoader(_source, new WeightOptions(), config);

        loader.LoadLinear("backbone.layers.0.mixer.in_proj", 8, 32).Dispose();
        AssertNamed("backbone.layers.0.mixer.out_proj", () => loader.LoadLinear("backbone.layers.0.mixer.out_proj", 8, 32));
        AssertNamed("backbone.layers.0.mixer.out_proj", () => loader.LoadEmbedding("backbone.layers.0.mixer.out_proj", 8, 32));
        AssertNamed("backbone.layers.1.mixer.experts.0.down_proj", () => loader.LoadExperts("backbone.layers.1.mixer.experts", 1, 32, 16));

        static void AssertNamed(string module, Func<object> load) =>
            Assert.StartsWith($"{module}: the tensors are ", Assert.Throws<QuantizationException>(load).Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Weights_of_either_naming_are_there()
    {
        new RandomWeights(1).AddNvfp4(_source, "a", 8, 32);
        _source.Add("b.weight_packed", zeros([1], ScalarType.Byte));
        var loader = new WeightLoader(_source, new WeightOptions());
        Assert.Equal([true, true, false], [loader.Has("a"), loader.Has("b"), loader.Has("c")]);
    }

    [Fact]
    public void A_compute_dtype_that_nothing_computes_in_is_refused() => Assert.StartsWith(
        "ComputeDtype is Float16; expected Float32 or BFloat16.",
        Assert.Throws<ArgumentException>(() => new WeightLoader(_source, new WeightOptions { ComputeDtype = ScalarType.Float16 })).Message,
        StringComparison.Ordinal);

    [Fact]
    public void An_absent_scale_is_null_and_a_present_one_is_read()
    {
        _source.Add("k_scale", tensor([0.25f]));
        var loader = new WeightLoader(_source, new WeightOptions());
        Assert.Null(loader.LoadScale("v_scale"));
        Assert.Equal(0.25f, loader.LoadScale("k_scale"));
        Assert.Equal(["k_scale"], _source.Read);
    }

    [Fact]
    public void More_than_was_reserved_is_not_given()
    {
        using var workspace = new DequantizationWorkspace(CPU, 1 << 20);
        workspace.Reserve(ScalarType.Float32, 100, 10);
        Assert.Equal(
            "[101] of Float32 was not reserved; the workspace holds 400 bytes.",
            Assert.Throws<InvalidOperationException>(() => workspace.Take(ScalarType.Float32, 101)).Message);
    }
}
