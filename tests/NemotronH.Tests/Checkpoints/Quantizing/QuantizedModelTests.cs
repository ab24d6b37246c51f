using NemotronH.Checkpoints;
using NemotronH.Checkpoints.Quantizing;
using NemotronH.Checkpoints.Synthetic;
using NemotronH.Configuration;
using NemotronH.Quantization.Formats;
using static TorchSharp.torch;

namespace NemotronH.Tests.Checkpoints.Quantizing;

/// <summary>Checkpoints that were quantised here, or drawn in quantised layouts, run.</summary>
public sealed class QuantizedModelTests : IDisposable
{
    /// <summary>All experts are chosen, so that no rounding changes the choice.</summary>
    private static readonly NemotronHConfig Config = QuantizableConfigs.Plain with
    {
        Moe = QuantizableConfigs.Plain.Moe! with { TopK = QuantizableConfigs.Plain.Moe.NumExperts },
    };

    private static readonly int[] Ids = [.. Enumerable.Range(0, 40).Select(i => i * 37 % 131)];

    private readonly TemporaryDirectory _directory = new();

    public static TheoryData<string, double> Recipes => new()
    {
        // Relative error of the logits. Rounding normal weights errs by 2.6 % in E4M3 and by 9 % in NVFP4 (root mean square); two matrices in
        // each of five blocks, and errors that add up in squares: at most 8 % and 28 %.
        { "fp8", 0.08 },
        { "nvfp4", 0.28 },
        { "nano", 0.28 },
        { "super", 0.28 },
        { "lightning", 0.28 },
    };

    public static TheoryData<RandomPrecision> Precisions => [RandomPrecision.Nvfp4, RandomPrecision.Fp8, RandomPrecision.Official];

    public void Dispose() => _directory.Dispose();

    [Theory]
    [MemberData(nameof(Recipes))]
    public void A_quantised_model_is_the_model_of_its_dequantised_weights_and_near_its_source(string name, double bound)
    {
        WriteRandom(RandomPrecision.BFloat16, "source");
        CheckpointQuantizer.Quantize(_directory["source"], _directory["out"], Recipe(name));
        WriteDequantized("out", "dequantized");

        using Tensor source = Logits("source");
        using Tensor quantized = Logits("out");
        using Tensor dequantized = Logits("dequantized");
        Assert.InRange(RelativeError(quantized, dequantized), 0, 1e-5);
        Assert.InRange(RelativeError(quantized, source), 1e-4, bound);
    }

    [Theory]
    [MemberData(nameof(Precisions))]
    public void A_random_checkpoint_of_any_precision_runs(RandomPrecision precision)
    {
        WriteRandom(precision, "random");
        WriteDequantized("random", "dequantized");
        using Tensor quantized = Logits("random");
        using Tensor dequantized = Logits("dequantized");
        Assert.InRange(RelativeError(quantized, dequantized), 0, 1e-5);
        Assert.InRange(quantized.std().item<float>(), 0.2f, 5f);
    }

    private static QuantizationRecipe Recipe(string name) => name switch
    {
        "nvfp4" => QuantizationRecipes.Nvfp4 with { Nvfp4Options = new Nvfp4Options { ScaleSearch = ScaleSearch.Mse } },
        "fp8" => QuantizationRecipes.Fp8,
        _ => QuantizationRecipes.OfModels.Single(recipe => recipe.Name == name),
    };

    private static double RelativeError(Tensor found, Tensor expected)
    {
        using Tensor error = (found - expected).norm() / expected.norm();
        return error.item<float>();
    }

    private void WriteRandom(RandomPrecision precision, string name)
    {
        new StoredModel().Write(_directory["config"], Config);
        var options = new RandomCheckpointOptions { Precision = precision, Seed = 5 };
        RandomCheckpoint.Write(Config, _directory["config"], _directory[name], options);
    }

    private void WriteDequantized(string from, string to)
    {
        StoredModel quantized = StoredModel.Read(_directory[from]);
        StoredModel dequantized = StoredModel.Read(_directory[from]);
        foreach (string name in quantized.Names.Where(name => name.Contains("_scale")))
        {
            dequantized.Remove(name);
        }

        foreach (PlannedTensor weight in ModelTensorPlan.Enumerate(Config).Where(tensor => tensor.IsQuantizable()))
        {
            dequantized.Set(weight.Name, [.. weight.Shape], quantized.Dequantize(QuantizedTensors.ModuleOf(weight)));
        }

        dequantized.Write(_directory[to], Config);
    }

    private Tensor Logits(string name)
    {
        using var model = LanguageModel.Load(_directory[name]);
        return model.ComputeLogits(Ids);
    }
}
