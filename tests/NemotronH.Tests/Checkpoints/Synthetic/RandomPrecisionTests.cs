using NemotronH.Checkpoints;
using NemotronH.Checkpoints.Quantizing;
using NemotronH.Checkpoints.Synthetic;
using NemotronH.Configuration;
using NemotronH.Quantization;
using NemotronH.Tests.Checkpoints.Quantizing;
using NemotronH.Tests.Configuration;

namespace NemotronH.Tests.Checkpoints.Synthetic;

public sealed class RandomPrecisionTests : IDisposable
{
    private const string NanoName = "nemotron-3-nano-30b-a3b";
    private const string SuperName = "nemotron-3-super-120b-a12b";

    private readonly TemporaryDirectory _directory = new();

    public static TheoryData<RandomPrecision> Quantized => [RandomPrecision.Nvfp4, RandomPrecision.Fp8, RandomPrecision.Official];

    public void Dispose() => _directory.Dispose();

    [Theory]
    [MemberData(nameof(Quantized))]
    public void Dequantised_weights_are_distributed_as_the_bfloat16_ones(RandomPrecision precision)
    {
        NemotronHConfig config = QuantizableConfigs.Plain with { HiddenSize = 512, VocabSize = 1024 };
        StoredModel expected = Write("expected", config, RandomPrecision.BFloat16);
        StoredModel found = Write("found", config, precision);
        int quantized = 0;
        foreach (PlannedTensor weight in ModelTensorPlan.Enumerate(config).Where(tensor => tensor.IsQuantizable()))
        {
            string module = weight.Name[..^".weight".Length];
            if (!found.Has($"{module}.weight_scale"))
            {
                Assert.Equal(expected.Bytes(weight.Name), found.Bytes(weight.Name));
                continue;
            }

            // Scales vary by a tenth; to that comes the sampling error of a few thousand weights and block scales.
            double ratio = Deviation(found.Dequantize(module)) / Deviation(expected.Values(weight.Name));
            Assert.True(ratio is > 0.85 and < 1.15, $"{module}: {ratio}");
            Assert.InRange(found.Dequantize(module).Average(), -0.01, 0.01);
            Assert.InRange(found.Values($"{module}.input_scale")[0], 0.005f, 0.04f);
            quantized++;
        }

        Assert.True(quantized >= 8, $"{quantized}");
    }

    [Fact]
    public void Codes_use_the_whole_of_their_formats()
    {
        StoredModel nvfp4 = Write("nvfp4", QuantizableConfigs.SingleMlp(20_000), RandomPrecision.Nvfp4);
        byte[] codes = nvfp4.Bytes("backbone.layers.0.mixer.up_proj.weight");
        Assert.Equal(16, codes.Select(code => code & 15).Distinct().Count());
        Assert.Equal(16, codes.Select(code => code >> 4).Distinct().Count());
        byte[] scales = nvfp4.Bytes("backbone.layers.0.mixer.up_proj.weight_scale");
        Assert.InRange(scales.Max(), (byte)0x78, (byte)0x7E);
        Assert.InRange(scales.Min(), (byte)0x50, (byte)0x70);

        byte[] fp8 = Write("fp8", QuantizableConfigs.SingleMlp(20_000), RandomPrecision.Fp8).Bytes("backbone.layers.0.mixer.up_proj.weight");
        Assert.InRange(fp8.Max(code => code & 0x7F), 0x78, 0x7E);
        Assert.Equal(0.5, fp8.Average(code => code >> 7), 0.01);
    }

    [Theory]
    [MemberData(nameof(Quantized))]
    public void Files_agree_with_the_tensors_and_the_seed_decides_them(RandomPrecision precision)
    {
        StoredModel model = Write("a", QuantizableConfigs.Plain, precision, seed: 3);
        QuantizationConfig config = QuantizationConfigReader.Read(_directory["a"])!;
        foreach (PlannedTensor weight in ModelTensorPlan.Enumerate(QuantizableConfigs.Plain).Where(tensor => tensor.IsQuantizable()))
        {
            string module = weight.Name[..^".weight".Length];
            config.Verify(module, model.Has($"{module}.weight_scale_2") ? ModulePrecision.Nvfp4
                : model.Has($"{module}.weight_scale") ? ModulePrecision.Fp8 : ModulePrecision.Unquantized);
        }

        Write("b", QuantizableConfigs.Plain, precision, seed: 3);
        Write("c", QuantizableConfigs.Plain, precision, seed: 4);
        byte[] first = File.ReadAllBytes(_directory["a/model.safetensors"]);
        Assert.Equal(first, File.ReadAllBytes(_directory["b/model.safetensors"]));
        Assert.NotEqual(first, File.ReadAllBytes(_directory["c/model.safetensors"]));
        Assert.NotEqual(
            Scale(model, "backbone.layers.3.mixer.experts.0.up_proj"), Scale(model, "backbone.layers.3.mixer.experts.1.up_proj"));
    }

    [Fact]
    public void Official_nano_is_laid_out_as_the_released_files()
    {
        RandomLayout layout = Layout(NanoName, out PrecisionPlan plan, out RandomTensor[] tensors);
        Assert.Equal("as NVIDIA-Nemotron-3-Nano-30B-A3B-NVFP4 was released", layout.Description);
        Assert.Equal(24_147, tensors.Length);
        Assert.Equal(5_968, plan.Modules.Values.Count(precision => precision == ModulePrecision.Nvfp4));
        Assert.Equal(5_968, tensors.Count(tensor => tensor.Stored.Name.EndsWith(".input_scale")));
        Assert.Equal(StoredDtype.Float32, Stored(tensors, "backbone.layers.1.mixer.gate.weight").Dtype);
        Assert.DoesNotContain(tensors, tensor => tensor.Stored.Name.EndsWith("k_scale"));
        Assert.Equal([10304, 1344], Stored(tensors, "backbone.layers.0.mixer.in_proj.weight").Shape);
        Assert.Equal([10304, 168], Stored(tensors, "backbone.layers.0.mixer.in_proj.weight_scale").Shape);
        Assert.Equal([2688, 116], Stored(tensors, "backbone.layers.1.mixer.experts.127.down_proj.weight_scale").Shape);

        // The published size: tensors and the headers of five files.
        long bytes = tensors.Sum(tensor => tensor.Stored.ByteCount);
        Assert.InRange(19_339_781_632 - bytes, 0, 10_000_000);
        Assert.False(layout.IsInConfig);
        Assert.Equal((QuantizationAlgorithm.Nvfp4, KvCachePrecision.Fp8, 60), Described(plan, layout));
    }

    [Fact]
    public void Official_super_is_laid_out_as_the_released_files()
    {
        RandomLayout layout = Layout(SuperName, out PrecisionPlan plan, out RandomTensor[] tensors);
        Assert.Equal("as NVIDIA-Nemotron-3-Super-120B-A12B-NVFP4 was released", layout.Description);

        // 1,040 of the released tensors belong to multi-token prediction, which is not written.
        Assert.Equal(165_860 - 1_040, tensors.Length);
        Assert.Equal(40_961, plan.Modules.Values.Count(precision => precision == ModulePrecision.Nvfp4));
        Assert.Equal(139, plan.Modules.Values.Count(precision => precision == ModulePrecision.Fp8));
        Assert.Equal(StoredDtype.BFloat16, Stored(tensors, "backbone.layers.1.mixer.gate.weight").Dtype);
        Assert.Equal(StoredDtype.Float32, Stored(tensors, "backbone.layers.1.mixer.gate.e_score_correction_bias").Dtype);
        Assert.Equal(8, tensors.Count(tensor => tensor.Stored.Name.EndsWith(".k_proj.k_scale")));
        Assert.Equal(8, tensors.Count(tensor => tensor.Stored.Name.EndsWith(".v_proj.v_scale")));
        Assert.Equal([4096, 2688], Stored(tensors, "backbone.layers.1.mixer.shared_experts.down_proj.weight").Shape);
        Assert.Equal([2688, 64], Stored(tensors, "backbone.layers.1.mixer.experts.511.up_proj.weight_scale").Shape);

        // The published size less the 5.48 GiB of multi-token prediction, to the rounding of that figure and the headers of 17 files.
        double missing = 80_297_329_824 - tensors.Sum(tensor => tensor.Stored.ByteCount) - (5.48 * (1L << 30));
        Assert.InRange(missing, -10_000_000, 40_000_000);
        Assert.True(layout.IsInConfig);
        Assert.Equal((QuantizationAlgorithm.MixedPrecision, KvCachePrecision.Fp8, 0), Described(plan, layout));
    }

    [Theory]
    [InlineData("nemotron-3.5-lightning-30b-a3b", "by ModelOpt's recipe for Nemotron 3.5 Lightning", 5935, 46)]
    [InlineData("nemotron-3-ultra-550b-a55b", "by ModelOpt's recipe for Nemotron 3 Ultra", 49152, 192)]
    [InlineData("nemotron-3-nano-4b", "by ModelOpt's recipe for Nemotron 3 Nano 4B", 84, 10)]
    [InlineData("nemotron-nano-9b-v2", "as the model card of Nemotron Nano 9B v2 FP8 describes it", 0, 104)]
    [InlineData("nemotron-nano-12b-v2", "like Nemotron Nano 9B v2, because no quantised release of this shape is known", 0, 112)]
    public void Other_official_layouts_say_what_they_are_taken_from(string name, string description, int nvfp4, int fp8)
    {
        RandomLayout layout = Layout(name, out PrecisionPlan plan, out _);
        Assert.Equal(description, layout.Description);
        Assert.Equal(nvfp4, plan.Modules.Values.Count(precision => precision.IsNvfp4()));
        Assert.Equal(fp8, plan.Modules.Values.Count(precision => precision == ModulePrecision.Fp8));
    }

    [Fact]
    public void An_unknown_shape_is_laid_out_as_its_nearest_relative()
    {
        NemotronHConfig config = QuantizableConfigs.Plain;
        var options = new RandomCheckpointOptions { Precision = RandomPrecision.Official };
        RandomCheckpointSummary summary = RandomCheckpoint.Write(config, Config(config), _directory["out"], options);
        Assert.Equal("like Nemotron 3 Nano, because no quantised release of this shape is known", summary.Layout);
        Assert.Equal(ModelTensorPlan.Enumerate(QuantizableConfigs.Plain).Sum(tensor => tensor.ElementCount), summary.Parameters);
        Assert.DoesNotContain("quantization_config", File.ReadAllText(_directory["out/config.json"]));
    }

    [Fact]
    public void A_module_that_cannot_be_quantised_is_refused_and_nothing_is_left()
    {
        NemotronHConfig config = TestConfigs.Tiny;
        string message = Assert.Throws<QuantizationException>(() => RandomCheckpoint.Write(
            config, Config(config), _directory["out"], new RandomCheckpointOptions { Precision = RandomPrecision.Nvfp4 })).Message;
        Assert.StartsWith("backbone.layers.1.mixer.experts.0.down_proj: has 24 columns; NVFP4 needs a multiple of 16", message);
        Assert.False(Directory.Exists(_directory["out"]));
    }

    private static (QuantizationAlgorithm Algorithm, KvCachePrecision KvCache, int Excluded) Described(
        PrecisionPlan plan, RandomLayout layout)
    {
        QuantizationConfig config = plan.Describe(layout.KvCache, []);
        return (config.Algorithm, config.KvCache, config.ExcludedModules.Count);
    }

    private static RandomLayout Layout(string name, out PrecisionPlan plan, out RandomTensor[] tensors)
    {
        NemotronHConfig config = KnownConfigs.Load(name);
        var layout = RandomLayout.Of(config, RandomPrecision.Official);
        plan = layout.Plan(config)!;
        tensors = [.. layout.Enumerate(config, plan)];
        return layout;
    }

    private static StoredTensorInfo Stored(RandomTensor[] tensors, string name) =>
        tensors.Single(tensor => tensor.Stored.Name == name).Stored;

    private static float Scale(StoredModel model, string module) =>
        model.Values(model.Has($"{module}.weight_scale_2") ? $"{module}.weight_scale_2" : $"{module}.weight_scale")[0];

    private static double Deviation(float[] values) => Math.Sqrt(values.Average(value => (double)value * value));

    private string Config(NemotronHConfig config)
    {
        if (!Directory.Exists(_directory["config"]))
        {
            new StoredModel().Write(_directory["config"], config);
        }

        return _directory["config"];
    }

    private StoredModel Write(string name, NemotronHConfig config, RandomPrecision precision, ulong seed = 7)
    {
        var options = new RandomCheckpointOptions { Precision = precision, Seed = seed };
        RandomCheckpoint.Write(config, Config(config), _directory[name], options, cancellationToken: TestContext.Current.CancellationToken);
        return StoredModel.Read(_directory[name]);
    }
}
