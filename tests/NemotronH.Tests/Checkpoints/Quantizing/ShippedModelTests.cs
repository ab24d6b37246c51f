using NemotronH.Checkpoints.Quantizing;
using NemotronH.Quantization.Formats;

namespace NemotronH.Tests.Checkpoints.Quantizing;

/// <summary>The NVFP4 model that ships with the repository.</summary>
public sealed class ShippedModelTests
{
    private const string Card = "README.md";

    [Fact]
    public void It_is_byte_for_byte_what_quantize_makes_of_the_shipped_BF16_model()
    {
        using TemporaryDirectory directory = new();
        string made = directory["made"];
        QuantizationRecipe recipe = QuantizationRecipes.Nvfp4;
        CheckpointQuantizer.Quantize(
            Fixtures.TinyModel, made, recipe with { Nvfp4Options = recipe.Nvfp4Options with { ScaleSearch = ScaleSearch.Mse } });

        string[] files = Names(made);
        Assert.Equal(files, Names(Fixtures.TinyNvfp4Model).Except([Card]));
        Assert.All(files, name => Assert.Equal(
            File.ReadAllBytes(Path.Join(made, name)), File.ReadAllBytes(Path.Join(Fixtures.TinyNvfp4Model, name))));
    }

    [Fact]
    public void Both_shipped_models_together_take_at_most_14_megabytes() => Assert.InRange(
        new[] { Fixtures.TinyModel, Fixtures.TinyNvfp4Model }.SelectMany(Directory.GetFiles).Sum(file => new FileInfo(file).Length), 1, 14_000_000);

    private static string[] Names(string directory) =>
        [.. Directory.GetFiles(directory).Select(path => Path.GetFileName(path)).Order(StringComparer.Ordinal)];
}
