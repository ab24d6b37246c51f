using System.Runtime.InteropServices;
using System.Text.Json;
using NemotronH.Checkpoints.Quantizing;
using NemotronH.Configuration;
using NemotronH.Quantization;
using NemotronH.Quantization.Formats;

namespace NemotronH.Tests.Checkpoints.Quantizing;

/// <summary>
/// Whole checkpoints against the two quantisers under <c>tools/</c>, bit for bit: the one of the standard library on adversarial tensors,
/// the one of torch on models that transformers wrote.
/// </summary>
public sealed class ReferenceCheckpointTests : IDisposable
{
    private static readonly JsonElement[] Goldens = Load();

    private readonly TemporaryDirectory _directory = new();

    public static TheoryData<string> GoldenNames => new(Goldens.Select(golden => golden.GetProperty("name").GetString()!));

    public void Dispose() => _directory.Dispose();

    [Theory]
    [MemberData(nameof(GoldenNames))]
    public void Adversarial_tensors_equal_the_reference(string name)
    {
        JsonElement golden = Goldens.Single(golden => golden.GetProperty("name").GetString() == name);
        WriteMlp(MemoryMarshal.Cast<byte, float>(golden.GetProperty("values").GetBytesFromBase64()).ToArray());
        foreach (JsonElement expected in golden.GetProperty("nvfp4").EnumerateArray())
        {
            var options = new Nvfp4Options
            {
                FourOverSix = expected.GetProperty("four_over_six").GetBoolean(),
                ScaleSearch = expected.GetProperty("mse").GetBoolean() ? ScaleSearch.Mse : ScaleSearch.AbsoluteMaximum,
            };
            StoredModel quantized = Quantize(_directory["source"], QuantizationRecipes.Nvfp4 with { Nvfp4Options = options });
            Assert.Equal(expected.GetProperty("codes").GetBytesFromBase64(), quantized.Bytes("backbone.layers.0.mixer.up_proj.weight"));
            Assert.Equal(expected.GetProperty("scales").GetBytesFromBase64(), quantized.Bytes("backbone.layers.0.mixer.up_proj.weight_scale"));
            Assert.Equal(
                BitConverter.GetBytes(expected.GetProperty("weight_scale_2").GetUInt32()),
                quantized.Bytes("backbone.layers.0.mixer.up_proj.weight_scale_2"));
        }

        StoredModel fp8 = Quantize(_directory["source"], QuantizationRecipes.Fp8);
        Assert.Equal(golden.GetProperty("fp8").GetProperty("codes").GetBytesFromBase64(), fp8.Bytes("backbone.layers.0.mixer.up_proj.weight"));
        Assert.Equal(
            BitConverter.GetBytes(golden.GetProperty("fp8").GetProperty("weight_scale").GetUInt32()),
            fp8.Bytes("backbone.layers.0.mixer.up_proj.weight_scale"));
    }

    /// <summary>
    /// Sources: HF's names, fused experts. The fixtures' input scales come from made-up activations, which the command has none of.
    /// </summary>
    [Theory]
    [InlineData("nano", "nano-nvfp4", false)]
    [InlineData("super", "super-mixed", false)]
    [InlineData("dense", "dense-mixed", false)]
    [InlineData("dense", "dense-fp8", false)]
    [InlineData("odd", "odd-nvfp4", false)]
    [InlineData("nano", "nano-w4a16", true)]
    public void Checkpoints_of_transformers_equal_those_that_torch_quantised(string source, string expected, bool fourOverSix)
    {
        StoredModel reference = StoredModel.Read(Fixtures.Directory("quantized", expected));
        var recipe = new QuantizationRecipe
        {
            Name = expected,
            Rules =
            [
                .. reference.Names.Where(name => name.EndsWith(".weight_scale"))
                    .Select(name => Rule(reference, name[..^".weight_scale".Length])),
            ],
            Nvfp4Options = new Nvfp4Options { FourOverSix = fourOverSix },
        };
        StoredModel quantized = Quantize(Fixtures.Directory("hf", source), recipe);

        string[] uncalibrated = ["input_scale", "k_scale", "v_scale"];
        string[] compared = [.. reference.Names.Where(name => !uncalibrated.Any(name.EndsWith))];
        Assert.Equal(compared, quantized.Names);
        foreach (string name in compared)
        {
            if (quantized.Info(name).Dtype == reference.Info(name).Dtype)
            {
                Assert.True(quantized.Bytes(name).AsSpan().SequenceEqual(reference.Bytes(name)), name);
            }
            else
            {
                // What is not quantised stays float32, where that script stores bfloat16 (and float32 for the router).
                IEnumerable<float> stored = reference.Info(name).Dtype == StoredDtype.Float32 ? quantized.Values(name)
                    : quantized.Values(name).Select(value => BFloat16.ToSingle(BFloat16.FromSingle(value)));
                Assert.Equal(reference.Values(name), stored);
            }
        }
    }

    [Fact]
    public void The_recipe_of_nano_is_that_of_its_fixture()
    {
        StoredModel reference = StoredModel.Read(Fixtures.Directory("quantized", "nano-nvfp4"));
        StoredModel quantized = Quantize(Fixtures.Directory("hf", "nano"), QuantizationRecipes.Nano);
        Assert.Equal(reference.Names.Where(name => !name.EndsWith("input_scale")), quantized.Names);
        Assert.All(
            quantized.Names,
            name => Assert.Equal(reference.Info(name).Dtype.SizeInBytes() == 1, quantized.Info(name).Dtype.SizeInBytes() == 1));
    }

    private static QuantizationRule Rule(StoredModel reference, string module) =>
        new(module, reference.Has($"{module}.weight_scale_2") ? ModulePrecision.W4A16Nvfp4 : ModulePrecision.Fp8);

    private void WriteMlp(float[] values)
    {
        int rows = values.Length / 16;
        NemotronHConfig config = QuantizableConfigs.SingleMlp(rows);
        var model = new StoredModel();
        model.Set("backbone.embeddings.weight", [3, 16], new float[48]);
        model.Set("backbone.layers.0.norm.weight", [16], new float[16]);
        model.Set("backbone.layers.0.mixer.up_proj.weight", [rows, 16], values);
        model.Set("backbone.layers.0.mixer.down_proj.weight", [16, rows], values);
        model.Set("backbone.norm_f.weight", [16], new float[16]);
        model.Set("lm_head.weight", [3, 16], new float[48]);
        model.Write(_directory["source"], config);
    }

    private StoredModel Quantize(string source, QuantizationRecipe recipe)
    {
        // The other matrix of the block may have rows of any length.
        QuantizationRecipe fitting = source == _directory["source"] ? recipe with { Excluded = ["*.down_proj"] } : recipe;
        string target = _directory[Guid.NewGuid().ToString("N")];
        CheckpointQuantizer.Quantize(source, target, fitting, cancellationToken: TestContext.Current.CancellationToken);
        return StoredModel.Read(target);
    }

    private static JsonElement[] Load()
    {
        using var file = JsonDocument.Parse(File.ReadAllBytes(Fixtures.File("quantizer", "goldens.json")));
        return [.. file.RootElement.Clone().EnumerateArray()];
    }
}
