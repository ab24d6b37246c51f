using System.Text;
using System.Text.RegularExpressions;
using NemotronH.Evaluation.Perplexity;
using NemotronH.Tests.Text.Templates;
using static TorchSharp.torch;

namespace NemotronH.Tests.Evaluation.Perplexity;

/// <summary>The tiny models on their held-out text, against their cards: what HF transformers measured, and what quantising costs.</summary>
[Trait("Category", "Long")]
public sealed partial class TinyModelPerplexityTests
{
    private static readonly ModelOptions Options = new() { Device = CPU, Dtype = ScalarType.Float32, MaxSequences = 4, MaxContext = 1024 };

    [Fact]
    public void Perplexity_is_that_of_transformers()
    {
        string? path = TestData.Find("data", "tinyshakespeare.txt");
        Assert.SkipUnless(path is not null, "data/tinyshakespeare.txt is not here; NEMOTRONH_TEST_DATA can say where");
        string card = File.ReadAllText(Path.Join(Fixtures.TinyModel, "README.md"));
        Match expected = Figures().Match(card);
        int firstCharacter = int.Parse(HeldOut().Match(card).Groups[1].Value.Replace(",", ""));

        using var model = LanguageModel.Load(Fixtures.TinyModel, Options);
        PerplexityResult result = new PerplexityTask(model, HeldOutText(path!, firstCharacter, model), batch: 4).Run(
            cancellationToken: TestContext.Current.CancellationToken);

        Assert.Equal(int.Parse(expected.Groups["tokens"].Value), result.Tokens);
        double perplexity = double.Parse(expected.Groups["perplexity"].Value);
        Assert.Equal(perplexity, result.Perplexity, 1e-3 * perplexity);
        Assert.Equal(double.Parse(expected.Groups["nll"].Value), result.Nll, 1e-4);
    }

    /// <summary>The card's figures are rounded to three digits, and processors differ in the last bits.</summary>
    [Fact]
    public void The_NVFP4_model_is_as_far_from_the_BF16_one_as_its_card_says()
    {
        string? path = TestData.Find("data", "tinyshakespeare.txt");
        Assert.SkipUnless(path is not null, "data/tinyshakespeare.txt is not here; NEMOTRONH_TEST_DATA can say where");
        string card = File.ReadAllText(Path.Join(Fixtures.TinyNvfp4Model, "README.md"));
        int firstCharacter = int.Parse(HeldOut().Match(card).Groups[1].Value.Replace(",", ""));

        using var model = LanguageModel.Load(Fixtures.TinyNvfp4Model, Options);
        using var reference = LanguageModel.Load(Fixtures.TinyModel, Options);
        DivergenceResult result = new DivergenceTask(model, reference, HeldOutText(path!, firstCharacter, model), batch: 4).Run(
            cancellationToken: TestContext.Current.CancellationToken);

        Assert.Equal(Figure("KL(BF16 ‖ NVFP4), mean"), result.KlMean, 1e-4);
        Assert.Equal(Figure("KL(BF16 ‖ NVFP4), 99th percentile"), result.KlP99, 1e-3);
        DivergenceResult exchanged = new DivergenceTask(reference, model, HeldOutText(path!, firstCharacter, model), batch: 4).Run(
            cancellationToken: TestContext.Current.CancellationToken);
        Assert.Equal(Figure("KL(NVFP4 ‖ BF16), mean"), exchanged.KlMean, 1e-4);
        Assert.Equal(Figure("KL(NVFP4 ‖ BF16), 99th percentile"), exchanged.KlP99, 1e-3);
        Assert.Equal(Figure("top-1 agreement") / 100, result.Top1Agreement, 1e-3);
        Assert.Equal(Figure("perplexity"), result.Perplexity, 0.02);
        Assert.Equal(Figure("perplexity ratio"), result.PerplexityRatio, 2e-4);

        double Figure(string name) => double.Parse(Regex.Match(card, $@"^\| {Regex.Escape(name)} \| ([\d.]+)", RegexOptions.Multiline).Groups[1].Value);
    }

    private static TextWindows HeldOutText(string path, int firstCharacter, LanguageModel model)
    {
        string text = Encoding.UTF8.GetString(File.ReadAllBytes(path))[firstCharacter..];
        string heldOut = Path.GetTempFileName();
        try
        {
            File.WriteAllText(heldOut, text);
            return TextWindows.Load(heldOut, model.Tokenizer!, new TextWindowOptions { Window = 1024, Stride = 512 });
        }
        finally
        {
            File.Delete(heldOut);
        }
    }

    [GeneratedRegex(@"running text, window 1024, stride 512 \| (?<tokens>\d+) \| (?<nll>[\d.]+) \| (?<perplexity>[\d.]+) \|")]
    private static partial Regex Figures();

    [GeneratedRegex(@"from character ([\d,]+)\s+on")]
    private static partial Regex HeldOut();
}
