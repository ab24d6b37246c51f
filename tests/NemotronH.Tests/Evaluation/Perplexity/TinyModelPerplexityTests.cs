using System.Text;
using System.Text.RegularExpressions;
using NemotronH.Evaluation.Perplexity;
using NemotronH.Tests.Text.Templates;
using static TorchSharp.torch;

namespace NemotronH.Tests.Evaluation.Perplexity;

/// <summary>The tiny model on its held-out text, against what HF transformers measured (its model card).</summary>
[Trait("Category", "Long")]
public sealed partial class TinyModelPerplexityTests
{
    [Fact]
    public void Perplexity_is_that_of_transformers()
    {
        string? path = TestData.Find("data", "tinyshakespeare.txt");
        Assert.SkipUnless(path is not null, "data/tinyshakespeare.txt is not here; NEMOTRONH_TEST_DATA can say where");
        string card = File.ReadAllText(Path.Join(Fixtures.TinyModel, "README.md"));
        Match expected = Figures().Match(card);
        int firstCharacter = int.Parse(HeldOut().Match(card).Groups[1].Value.Replace(",", ""));

        using LanguageModel model = LanguageModel.Load(
            Fixtures.TinyModel, new ModelOptions { Device = CPU, Dtype = ScalarType.Float32, MaxSequences = 4, MaxContext = 1024 });
        PerplexityResult result = new PerplexityTask(model, HeldOutText(path!, firstCharacter, model), batch: 4).Run(
            cancellationToken: TestContext.Current.CancellationToken);

        Assert.Equal(int.Parse(expected.Groups["tokens"].Value), result.Tokens);
        double perplexity = double.Parse(expected.Groups["perplexity"].Value);
        Assert.Equal(perplexity, result.Perplexity, 1e-3 * perplexity);
        Assert.Equal(double.Parse(expected.Groups["nll"].Value), result.Nll, 1e-4);
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

    [GeneratedRegex(@"from character ([\d,]+) on")]
    private static partial Regex HeldOut();
}
