using System.Text;
using System.Text.Json.Nodes;
using NemotronH.Checkpoints;
using NemotronH.Checkpoints.Quantizing;
using NemotronH.Checkpoints.Synthetic;
using NemotronH.Configuration;
using NemotronH.Quantization;
using NemotronH.Quantization.Formats;

namespace NemotronH.Tests.Checkpoints.Quantizing;

public sealed class CheckpointQuantizerTests : IDisposable
{
    private const string InProj = "backbone.layers.0.mixer.in_proj";

    private readonly TemporaryDirectory _directory = new();

    public static TheoryData<string> Recipes => ["nvfp4", "fp8", "nano", "super", "lightning"];

    private string Source => _directory["source"];

    public void Dispose() => _directory.Dispose();

    [Theory]
    [MemberData(nameof(Recipes))]
    public void Every_module_is_near_its_source_and_as_the_config_files_say(string recipe)
    {
        WriteRandom(QuantizableConfigs.Plain);
        QuantizationSummary summary = Quantize("out", Recipe(recipe));
        StoredModel source = StoredModel.Read(Source);
        StoredModel quantized = StoredModel.Read(_directory["out"]);
        QuantizationConfig config = QuantizationConfigReader.Read(_directory["out"])!;
        foreach (PlannedTensor weight in ModelTensorPlan.Enumerate(QuantizableConfigs.Plain))
        {
            if (!weight.IsQuantizable())
            {
                Assert.Equal(source.Bytes(weight.Name), quantized.Bytes(weight.Name));
                continue;
            }

            string module = weight.Name[..^".weight".Length];
            ModulePrecision precision = summary.Modules[module];
            config.Verify(module, precision);
            bool isStatedUnquantized = config.Expected(module) == ModulePrecision.Unquantized;
            Assert.Equal(precision == ModulePrecision.Unquantized, isStatedUnquantized || module == "backbone.embeddings");
            AssertNear(source.Values(weight.Name), quantized.Dequantize(module), precision);
        }

        Assert.Equal(summary.SourceBytes, source.Names.Sum(name => (long)source.Bytes(name).Length));
        Assert.Equal(summary.Bytes, quantized.Names.Sum(name => (long)quantized.Bytes(name).Length));
        Assert.DoesNotContain(quantized.Names, name => name.EndsWith("input_scale"));
    }

    [Fact]
    public void The_tensors_of_a_module_have_modelopts_names_types_and_shapes()
    {
        WriteRandom(QuantizableConfigs.Plain);
        Quantize("out", QuantizationRecipes.Super);
        StoredModel quantized = StoredModel.Read(_directory["out"]);
        Assert.Equal((StoredDtype.UInt8, "48,16"), Describe(quantized, "backbone.layers.3.mixer.experts.0.down_proj.weight"));
        Assert.Equal((StoredDtype.Float8E4M3, "48,2"), Describe(quantized, "backbone.layers.3.mixer.experts.0.down_proj.weight_scale"));
        Assert.Equal((StoredDtype.Float32, ""), Describe(quantized, "backbone.layers.3.mixer.experts.0.down_proj.weight_scale_2"));
        Assert.Equal((StoredDtype.Float8E4M3, "48,64"), Describe(quantized, "backbone.layers.0.mixer.out_proj.weight"));
        Assert.Equal((StoredDtype.Float32, ""), Describe(quantized, "backbone.layers.0.mixer.out_proj.weight_scale"));
        Assert.Equal((StoredDtype.Float32, "3,48"), Describe(quantized, "backbone.layers.3.mixer.gate.weight"));
        Assert.Equal((StoredDtype.BFloat16, "131,48"), Describe(quantized, "lm_head.weight"));
    }

    [Fact]
    public void The_config_files_are_those_that_engines_know()
    {
        WriteRandom(QuantizableConfigs.Plain);
        Quantize("uniform", QuantizationRecipes.Nano);
        JsonNode section = Json("uniform/config.json")["quantization_config"]!;
        JsonNode file = Json("uniform/hf_quant_config.json");
        Assert.Equal("modelopt", (string?)section["quant_method"]);
        Assert.Equal("W4A16_NVFP4", (string?)section["quant_algo"]);
        Assert.Equal("modelopt", (string?)file["producer"]!["name"]);
        Assert.StartsWith("nemotronh ", (string?)file["producer"]!["version"]);
        Assert.Equal("W4A16_NVFP4", (string?)file["quantization"]!["quant_algo"]);
        Assert.Equal(16, (int?)file["quantization"]!["group_size"]);
        Assert.Contains(file["quantization"]!["exclude_modules"]!.AsArray(), entry => (string?)entry == "backbone.layers.0.mixer.in_proj");

        Quantize("mixed", QuantizationRecipes.Lightning);
        section = Json("mixed/config.json")["quantization_config"]!;
        Assert.Equal("MIXED_PRECISION", (string?)section["quant_algo"]);
        Assert.Equal("FP8", (string?)section["quantized_layers"]!["backbone.layers.2.mixer.in_proj"]!["quant_algo"]);
        Assert.Equal("W4A16_NVFP4", (string?)section["quantized_layers"]!["lm_head"]!["quant_algo"]);
        Assert.All(section["config_groups"]!.AsObject(), group => Assert.Null(group.Value!["input_activations"]));
        Assert.True(JsonNode.DeepEquals(section["quantized_layers"], Json("mixed/hf_quant_config.json")["quantization"]!["quantized_layers"]));
    }

    [Fact]
    public void The_config_keeps_its_spelling_and_gains_one_field()
    {
        WriteRandom(QuantizableConfigs.Plain);
        const string Odd = """
            {"z": [0.0, Infinity], "ü": "<}>",
            """;
        string config = Odd + File.ReadAllText(Path.Join(Source, "config.json"))[1..];
        File.WriteAllText(Path.Join(Source, "config.json"), config + "\n\n");
        Quantize("out", QuantizationRecipes.Nvfp4);
        string written = File.ReadAllText(_directory["out/config.json"]);
        Assert.StartsWith(config[..^1] + ",\n  \"quantization_config\": {\n    \"config_groups\"", written);
        Assert.EndsWith("\"quant_method\": \"modelopt\"\n  }\n}\n", written);
        Assert.Equal(QuantizableConfigs.Plain.HiddenSize, NemotronHConfigReader.Load(_directory["out"]).HiddenSize);
    }

    [Fact]
    public void What_the_model_needs_is_carried_over_and_nothing_else()
    {
        WriteRandom(QuantizableConfigs.Plain);
        string[] needed =
        [
            "chat_template.jinja", "configuration_nemotron_h.py", "generation_config.json",
            "special_tokens_map.json", "tokenizer.json", "tokenizer_config.json",
        ];
        Array.ForEach([.. needed, "README.md", "model.safetensors.index.json.bak"], name => _directory.Write($"source/{name}", name));
        Quantize("out", QuantizationRecipes.Fp8);
        string[] expected = ["config.json", "hf_quant_config.json", "model.safetensors", .. needed];
        string[] found = [.. Directory.GetFiles(_directory["out"]).Select(path => Path.GetFileName(path))];
        Assert.Equal(expected.Order(StringComparer.Ordinal), found.Order(StringComparer.Ordinal));
        Assert.All(needed, name => Assert.Equal(name, File.ReadAllText(_directory[$"out/{name}"])));
    }

    [Theory]
    [InlineData("model.")]
    [InlineData("language_model.backbone.")]
    [InlineData("model.language_model.")]
    public void Any_root_becomes_nvidias(string root)
    {
        WriteRandom(QuantizableConfigs.Plain);
        Quantize("expected", QuantizationRecipes.Nvfp4);
        StoredModel model = StoredModel.Read(Source);
        model.Rename(name => name.Replace("backbone.", root));
        model.Write(_directory["renamed"], QuantizableConfigs.Plain);
        CheckpointQuantizer.Quantize(_directory["renamed"], _directory["out"], QuantizationRecipes.Nvfp4);
        Assert.Equal(File.ReadAllBytes(_directory["expected/model.safetensors"]), File.ReadAllBytes(_directory["out/model.safetensors"]));
    }

    [Fact]
    public void Types_of_the_same_numbers_give_the_same_codes_and_stay_where_nothing_is_quantised()
    {
        WriteRandom(QuantizableConfigs.Plain);
        StoredModel model = StoredModel.Read(Source);
        foreach (string name in model.Names.Where(name => model.Info(name).Dtype == StoredDtype.BFloat16))
        {
            // Multiples of 2^-8 within half's range are exact in all three types.
            float[] values = [.. model.Values(name).Select(value => BFloat16.ToSingle(BFloat16.FromSingle(MathF.Round(value * 16) / 16)))];
            model.Set(name, [.. model.Info(name).Shape], values);
        }

        model.Write(_directory["float32"], QuantizableConfigs.Plain);
        Convert(model, StoredDtype.BFloat16, value => BitConverter.GetBytes(BFloat16.FromSingle(value)));
        model.Write(_directory["bfloat16"], QuantizableConfigs.Plain);
        Convert(model, StoredDtype.Float16, value => BitConverter.GetBytes((Half)value));
        model.Write(_directory["float16"], QuantizableConfigs.Plain);
        StoredModel[] quantized = [.. new[] { "float32", "bfloat16", "float16" }.Select(name =>
        {
            CheckpointQuantizer.Quantize(_directory[name], _directory[name + "-out"], QuantizationRecipes.Lightning);
            return StoredModel.Read(_directory[name + "-out"]);
        })];
        Assert.All(["lm_head.weight", "lm_head.weight_scale", InProj + ".weight", InProj + ".weight_scale"], name =>
            Assert.All(quantized, other => Assert.Equal(quantized[0].Bytes(name), other.Bytes(name))));
        Assert.Equal(
            [StoredDtype.Float32, StoredDtype.BFloat16, StoredDtype.Float16],
            quantized.Select(other => other.Info("backbone.embeddings.weight").Dtype));
    }

    [Fact]
    public void A_matrix_larger_than_the_buffers_is_quantised_as_a_whole()
    {
        // 70,001 rows of 144 are more than 32 pieces of at most 2^18 elements, the last of them smaller.
        NemotronHConfig config = QuantizableConfigs.SingleMlp(16) with { VocabSize = 58_301, HiddenSize = 144 };
        WriteRandom(config);
        CheckpointQuantizer.Quantize(Source, _directory["nvfp4"], QuantizationRecipes.Lightning);
        CheckpointQuantizer.Quantize(Source, _directory["fp8"], Fp8Head);
        float[] values = StoredModel.Read(Source).Values("lm_head.weight");
        Nvfp4Tensor expected = Nvfp4.Quantize(values, 58_301, 144, new Nvfp4Options { FourOverSix = true });
        StoredModel quantized = StoredModel.Read(_directory["nvfp4"]);
        Assert.True(expected.Codes.AsSpan().SequenceEqual(quantized.Bytes("lm_head.weight")));
        Assert.True(expected.Scales.AsSpan().SequenceEqual(quantized.Bytes("lm_head.weight_scale")));
        Assert.Equal(expected.WeightScale2, quantized.Values("lm_head.weight_scale_2")[0]);
        Assert.True(Fp8.Quantize(values).Codes.AsSpan().SequenceEqual(StoredModel.Read(_directory["fp8"]).Bytes("lm_head.weight")));
    }

    [Fact]
    public void Shards_hold_the_same_tensors_as_one_file()
    {
        WriteRandom(QuantizableConfigs.AllKinds);
        Quantize("single", QuantizationRecipes.Nvfp4);
        var options = new CheckpointQuantizerOptions { MaxShardBytes = 4_000 };
        CheckpointQuantizer.Quantize(Source, _directory["shards"], QuantizationRecipes.Nvfp4, options);
        Assert.True(Directory.GetFiles(_directory["shards"], "model-*-of-*.safetensors").Length > 3);
        StoredModel single = StoredModel.Read(_directory["single"]);
        StoredModel sharded = StoredModel.Read(_directory["shards"]);
        Assert.Equal(single.Names, sharded.Names);
        Assert.All(single.Names, name => Assert.Equal(single.Bytes(name), sharded.Bytes(name)));
    }

    [Fact]
    public void Other_parts_are_carried_over_unquantised()
    {
        WriteRandom(QuantizableConfigs.Plain);
        StoredModel model = StoredModel.Read(Source);
        model.Set("language_model.mtp.layers.0.mixer.q_proj.weight", [2, 16], [.. Enumerable.Range(0, 32).Select(i => (float)i)]);
        model.Set("vision_model.patch.weight", [5], [1, 2, 3, 4, 5]);
        model.Write(_directory["with"], QuantizableConfigs.Plain);
        CheckpointQuantizer.Quantize(_directory["with"], _directory["out"], QuantizationRecipes.Nvfp4);
        StoredModel quantized = StoredModel.Read(_directory["out"]);
        Assert.Equal(model.Bytes("language_model.mtp.layers.0.mixer.q_proj.weight"), quantized.Bytes("mtp.layers.0.mixer.q_proj.weight"));
        Assert.Equal(model.Bytes("vision_model.patch.weight"), quantized.Bytes("vision_model.patch.weight"));
        QuantizationConfig config = QuantizationConfigReader.Read(_directory["out"])!;
        Assert.Equal(ModulePrecision.Unquantized, config.Expected("mtp.layers.0.mixer.q_proj"));
        Assert.Equal(ModulePrecision.Unquantized, config.Expected("vision_model.patch"));
    }

    [Fact]
    public void The_tensors_decide_about_biases()
    {
        WriteRandom(QuantizableConfigs.AllKinds);
        StoredModel model = StoredModel.Read(Source);
        model.Remove("backbone.layers.0.mixer.conv1d.bias");
        NemotronHConfig all = QuantizableConfigs.AllKinds;
        model.Write(_directory["promised"], QuantizableConfigs.Plain with { Layers = all.Layers, Moe = all.Moe });
        CheckpointQuantizer.Quantize(_directory["promised"], _directory["out"], QuantizationRecipes.Nvfp4);
        StoredModel quantized = StoredModel.Read(_directory["out"]);
        Assert.Equal(model.Bytes("backbone.layers.2.mixer.q_proj.bias"), quantized.Bytes("backbone.layers.2.mixer.q_proj.bias"));
        Assert.False(quantized.Has("backbone.layers.0.mixer.conv1d.bias"));
    }

    [Fact]
    public void Tied_embeddings_need_no_head()
    {
        WriteRandom(QuantizableConfigs.Plain with { TieWordEmbeddings = true });
        QuantizationSummary summary = Quantize("out", QuantizationRecipes.Lightning);
        Assert.DoesNotContain("lm_head", summary.Modules.Keys);
        Assert.Equal(["lm_head"], summary.UnmatchedRules);
    }

    [Fact]
    public void Progress_ends_at_the_size_of_all_tensors()
    {
        WriteRandom(QuantizableConfigs.Plain);
        var steps = new List<WriteProgress>();
        QuantizationSummary summary = CheckpointQuantizer.Quantize(
            Source, _directory["out"], QuantizationRecipes.Nvfp4, progress: new Recorder(steps.Add));
        Assert.Equal(new WriteProgress(summary.Bytes, summary.Bytes), steps[^1]);
        Assert.Equal(steps.Select(step => step.BytesWritten).Order().Distinct(), steps.Select(step => step.BytesWritten));
    }

    [Fact]
    public void Nothing_is_left_when_the_writing_is_cancelled()
    {
        WriteRandom(QuantizableConfigs.Plain);
        using var cancellation = new CancellationTokenSource();
        var recorder = new Recorder(step => { if (step.BytesWritten > step.TotalBytes / 2) { cancellation.Cancel(); } });
        Assert.ThrowsAny<OperationCanceledException>(() => CheckpointQuantizer.Quantize(
            Source, _directory["new/out"], QuantizationRecipes.Nvfp4, progress: recorder, cancellationToken: cancellation.Token));
        Assert.DoesNotContain(_directory.Contents(), entry => !entry.StartsWith("source"));
    }

    [Theory]
    [InlineData(float.NaN, "NaN")]
    [InlineData(float.NegativeInfinity, "-Infinity")]
    public void A_weight_that_is_no_finite_number_is_named_and_nothing_is_left(float value, string text)
    {
        NemotronHConfig config = QuantizableConfigs.SingleMlp(40_000);
        WriteRandom(config);
        StoredModel model = StoredModel.Read(Source);
        float[] values = model.Values("backbone.layers.0.mixer.up_proj.weight");
        values[(20_000 * 16) + 3] = value;
        model.Set("backbone.layers.0.mixer.up_proj.weight", [40_000, 16], values);
        model.Write(_directory["source-2"], config);
        var exception = Assert.Throws<QuantizationException>(() =>
            CheckpointQuantizer.Quantize(_directory["source-2"], _directory["out"], QuantizationRecipes.Nvfp4));
        Assert.Equal(
            $"tensor 'backbone.layers.0.mixer.up_proj.weight' from row 16384 on: element {((20_000 - 16_384) * 16) + 3} is {text}; "
            + "only finite numbers can be quantised.",
            exception.Message);
        Assert.DoesNotContain(_directory.Contents(), entry => !entry.StartsWith("source"));
    }

    [Fact]
    public void A_directory_that_is_taken_stays_as_it_is()
    {
        WriteRandom(QuantizableConfigs.Plain);
        Directory.CreateDirectory(_directory["out"]);
        _directory.Write("out/file", "mine");
        Assert.Equal(
            $"{_directory["out"]}: the directory exists and is not empty, expected a new one",
            Assert.Throws<CheckpointException>(() => Quantize("out", QuantizationRecipes.Fp8)).Message);
        Assert.Equal(["out", "out/file"], _directory.Contents().Where(entry => !entry.StartsWith("source")));
    }

    [Theory]
    [InlineData("nvfp4")]
    [InlineData("super")]
    public void A_checkpoint_that_is_quantised_already_is_refused(string recipe)
    {
        WriteRandom(QuantizableConfigs.Plain);
        Quantize("once", Recipe(recipe));
        string message = Refusal("once");
        Assert.StartsWith($"{_directory["once"]}: is quantised already (", message);
        Assert.EndsWith("), expected weights in BF16, F16 or F32", message);

        File.Delete(_directory["once/hf_quant_config.json"]);
        File.Copy(Path.Join(Source, "config.json"), _directory["once/config.json"], overwrite: true);
        Assert.Matches("is quantised already \\(there is a tensor 'backbone\\..*weight_scale(_2)?'\\)", Refusal("once"));
    }

    [Fact]
    public void Tensors_that_are_not_as_the_config_says_are_refused_by_name()
    {
        WriteRandom(QuantizableConfigs.Plain);
        AssertRefused(
            model => model.Remove("backbone.layers.3.mixer.experts.1.up_proj.weight"),
            "1 tensor is missing: 'backbone.layers.3.mixer.experts.1.up_proj.weight'");
        AssertRefused(
            model => model.Set("backbone.layers.0.mixer.extra", [1], [1]),
            "1 tensor is used by nothing: 'backbone.layers.0.mixer.extra' F32 [1]; expected only the tensors of 5 layers");
        AssertRefused(
            model => model.Set("lm_head.weight", [131, 32], new float[131 * 32]),
            "tensor 'lm_head.weight' is F32 [131, 32], expected BF16, F16 or F32 [131, 48]");
        AssertRefused(
            model => model.Set("lm_head.weight", StoredDtype.Float64, [131, 48], new byte[131 * 48 * 8]),
            "tensor 'lm_head.weight' is F64 [131, 48], expected BF16, F16 or F32 [131, 48]");
        AssertRefused(
            model => model.Set("lm_head.weight", StoredDtype.Float8E4M3, [131, 48], new byte[131 * 48]),
            "tensor 'lm_head.weight' is F8_E4M3 [131, 48], expected BF16, F16 or F32 [131, 48]");
        AssertRefused(
            model => model.Set("backbone.layers.3.mixer.experts.up_proj", [3, 32, 48], new float[3 * 32 * 48]),
            "1 tensor is used by nothing: 'backbone.layers.3.mixer.experts.up_proj' F32 [3, 32, 48]");
        AssertRefused(
            model =>
            {
                model.Set("mtp.norm.weight", [1], [1]);
                model.Set("model.mtp.norm.weight", [1], [1]);
            },
            "tensor 'mtp.norm.weight' is there twice, expected one");
    }

    [Fact]
    public void Directories_without_a_model_are_refused()
    {
        Assert.Equal(
            $"{Source}: no such directory; expected a model's directory",
            Assert.Throws<ConfigurationException>(() => Quantize("out", QuantizationRecipes.Fp8)).Message);
        new StoredModel().Write(Source, QuantizableConfigs.Plain);
        File.Delete(_directory["source/model.safetensors"]);
        Assert.StartsWith(
            $"{Source}: there is no model.safetensors",
            Assert.Throws<CheckpointException>(() => Quantize("out", QuantizationRecipes.Fp8)).Message);
    }

    private static QuantizationRecipe Fp8Head { get; } = new() { Name = "head", Rules = [new("lm_head", ModulePrecision.Fp8)] };

    private static QuantizationRecipe Recipe(string name) => name switch
    {
        "nvfp4" => QuantizationRecipes.Nvfp4,
        "fp8" => QuantizationRecipes.Fp8,
        _ => QuantizationRecipes.OfModels.Single(recipe => recipe.Name == name),
    };

    /// <summary>
    /// NVFP4: half the widest gap between codes (1 of 6) of a block's largest magnitude, plus a sixteenth for the scale's own rounding.
    /// FP8: a sixteenth of the number, or half a subnormal step.
    /// </summary>
    private static void AssertNear(float[] expected, float[] found, ModulePrecision precision)
    {
        Assert.Equal(expected.Length, found.Length);
        float largest = expected.Max(MathF.Abs);
        for (int i = 0; i < expected.Length; i++)
        {
            float bound = precision switch
            {
                ModulePrecision.Unquantized => 0,
                ModulePrecision.Fp8 => Math.Max(MathF.Abs(expected[i]) / 16, largest / 448 / 1024),
                _ => expected.AsSpan(i / 16 * 16, 16).ToArray().Max(MathF.Abs) * 17 / 96,
            };
            Assert.InRange(MathF.Abs(expected[i] - found[i]), 0, bound * 1.000001f);
        }
    }

    private static (StoredDtype Dtype, string Shape) Describe(StoredModel model, string name) =>
        (model.Info(name).Dtype, string.Join(',', model.Info(name).Shape));

    private static void Convert(StoredModel model, StoredDtype dtype, Func<float, byte[]> convert)
    {
        foreach (string name in model.Names.Where(name => !name.Contains(".gate.")).ToArray())
        {
            model.Set(name, dtype, [.. model.Info(name).Shape], [.. model.Values(name).SelectMany(convert)]);
        }
    }

    private void AssertRefused(Action<StoredModel> change, string message)
    {
        StoredModel model = StoredModel.Read(Source);
        change(model);
        string name = Guid.NewGuid().ToString("N");
        model.Write(_directory[name], QuantizableConfigs.Plain);
        Assert.StartsWith($"{_directory[name]}: {message}", Refusal(name));
        Assert.False(Directory.Exists(_directory["refused"]));
    }

    private string Refusal(string source) => Assert.Throws<CheckpointException>(() =>
        CheckpointQuantizer.Quantize(_directory[source], _directory["refused"], QuantizationRecipes.Nvfp4)).Message;

    private JsonNode Json(string name) => JsonNode.Parse(File.ReadAllText(_directory[name], Encoding.UTF8))!;

    private void WriteRandom(NemotronHConfig config)
    {
        new StoredModel().Write(_directory["config"], config);
        RandomCheckpoint.Write(config, _directory["config"], Source);
        Directory.Delete(_directory["config"], recursive: true);
    }

    private QuantizationSummary Quantize(string name, QuantizationRecipe recipe) =>
        CheckpointQuantizer.Quantize(Source, _directory[name], recipe, cancellationToken: TestContext.Current.CancellationToken);

    private sealed class Recorder(Action<WriteProgress> record) : IProgress<WriteProgress>
    {
        public void Report(WriteProgress value) => record(value);
    }
}
