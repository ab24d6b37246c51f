using NemotronH.Evaluation;
using NemotronH.Evaluation.Perplexity;

namespace NemotronH.Tests.Evaluation.Perplexity;

public sealed class DivergenceTaskTests : IDisposable
{
    private readonly EvaluationModel _models = new();

    public void Dispose() => _models.Dispose();

    [Fact]
    public void A_model_does_not_differ_from_itself()
    {
        DivergenceResult result = Compare(_models.Load(), _models.Load(), batch: 3);
        Assert.Equal((0, 0, 0, 0), (result.KlMean, result.KlMedian, result.KlP99, result.KlMax));
        Assert.Equal(1, result.Top1Agreement);
        Assert.Equal(0, result.Top1AgreementStderr);
        Assert.Equal(1, result.PerplexityRatio);
        Assert.Equal(result.ReferencePerplexity, result.Perplexity);
        Assert.Equal([new HistogramBin(0, 1e-10, result.Tokens)], result.KlHistogram);
    }

    [Theory]
    [InlineData(1)]
    [InlineData(4)]
    public void Two_models_differ_as_the_sum_over_the_vocabulary_says(int batch)
    {
        LanguageModel model = _models.Load(seed: 1), reference = _models.Load(seed: 2, prefillChunk: 6);
        TextWindows text = Windows(model);
        DivergenceResult result = Compare(model, reference, batch);

        var divergences = new List<double>();
        int agreements = 0;
        double difference = 0;
        foreach (SlidingWindow window in text.Windows)
        {
            for (int position = window.FirstScored; position < window.End; position++)
            {
                int[] prefix = [.. text.Ids.Take(position).Skip(window.Begin)];
                double[] p = NaiveScores.LogProbabilities(model, prefix);
                double[] q = NaiveScores.LogProbabilities(reference, prefix);
                divergences.Add(q.Zip(p, (logQ, logP) => Math.Exp(logQ) * (logQ - logP)).Sum());
                agreements += Array.IndexOf(p, p.Max()) == Array.IndexOf(q, q.Max()) ? 1 : 0;
                difference += q[text.Ids[position]] - p[text.Ids[position]];
            }
        }

        Assert.Equal(divergences.Count, result.Tokens);
        Assert.Equal(divergences.Average(), result.KlMean, 1e-6);
        Assert.Equal(divergences.Max(), result.KlMax, 1e-5);
        Assert.Equal(agreements / (double)divergences.Count, result.Top1Agreement);
        Assert.Equal(Math.Exp(difference / divergences.Count), result.PerplexityRatio, 1e-5);
        Assert.Equal(result.Perplexity / result.ReferencePerplexity, result.PerplexityRatio, 1e-10);
        Assert.Equal(result.Tokens, result.KlHistogram.Sum(bin => bin.Tokens));
        Assert.Equal(result.KlMean, result.ByPosition.Sum(range => range.Kl * range.Tokens) / result.Tokens, 1e-10);
        Assert.All(result.KlHistogram, bin => Assert.Equal(bin.Tokens, divergences.Count(value => value >= bin.From && value < bin.To)));
    }

    [Fact]
    public void Models_of_other_vocabularies_or_tokenizers_are_refused()
    {
        LanguageModel model = _models.Load();
        LanguageModel larger = _models.Load(vocabulary: 301);
        string message = Assert.Throws<EvaluationException>(() => Compare(model, larger, 1)).Message;
        Assert.StartsWith($"{model.Directory}: has a vocabulary of 300, the reference {larger.Directory} one of 301", message);

        string otherTokenizer = _models.Load(seed: 9).Directory;
        string tokenizer = Path.Join(otherTokenizer, "tokenizer.json");
        File.WriteAllText(tokenizer, File.ReadAllText(tokenizer).Replace("\"i n\"", "\"i x\"").Replace("\"in\"", "\"ix\""));
        using LanguageModel other = LanguageModel.Load(otherTokenizer, model.Options);
        message = Assert.Throws<EvaluationException>(() => Compare(model, other, 1)).Message;
        Assert.Equal(
            $"{otherTokenizer}: its tokenizer reads {_models.Directory["text.txt"]} otherwise from token 9 on; only models with the same tokenizer can be compared",
            message);
    }

    private DivergenceResult Compare(LanguageModel model, LanguageModel reference, int batch) =>
        new DivergenceTask(model, reference, Windows(model), batch).Run();

    private TextWindows Windows(LanguageModel model) => TextWindows.Load(
        _models.Directory.Write("text.txt", "the other thing in the end was neither here nor there"), model.Tokenizer!, new TextWindowOptions { Window = 16, Stride = 8 });
}
