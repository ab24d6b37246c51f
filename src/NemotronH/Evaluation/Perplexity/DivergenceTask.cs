using NemotronH.Evaluation.Runs;
using NemotronH.Evaluation.Scoring;

namespace NemotronH.Evaluation.Perplexity;

/// <summary>Compares a model's next-token distributions on a text with those of a reference: what a quantisation costs, say.</summary>
public sealed class DivergenceTask : EvaluationTask<WindowDivergence, DivergenceResult>
{
    private const string Name = "kl";

    private readonly TextWindows _text;
    private readonly DivergenceScorer _scorer;
    private readonly int _batch;

    /// <summary>Prepares to compare two models.</summary>
    /// <param name="model">The model; it stays the caller's.</param>
    /// <param name="reference">What it is compared with: another instance, of the same vocabulary and tokenizer.</param>
    /// <param name="text">The text, cut by the model's tokenizer.</param>
    /// <param name="batch">Windows at a time; both models have as many free slots.</param>
    /// <exception cref="EvaluationException">The models cannot be compared, or have no room.</exception>
    public DivergenceTask(LanguageModel model, LanguageModel reference, TextWindows text, int batch)
        : base(
            text.Describe(new RunIdentityBuilder(Name)).With("batch", batch).WithModel("model", model).WithModel("reference", reference).Build(),
            text.Windows.Count,
            EvaluationJson.Default.WindowDivergence)
    {
        RequireSameVocabulary(model, reference, text);
        foreach (LanguageModel one in new[] { model, reference })
        {
            ModelRoom.Require(one, batch, text.LongestWindow, "a window", text.Ids);
        }

        _text = text;
        _scorer = new DivergenceScorer(model, reference);
        _batch = batch;
    }

    private protected override void Evaluate(RunState<WindowDivergence> state, CancellationToken cancellationToken) =>
        EvaluateInBatches(state, _batch, items => Compare(items, cancellationToken), cancellationToken);

    private protected override DivergenceResult Summarize(IReadOnlyList<WindowDivergence> records)
    {
        double[] divergences = [.. records.SelectMany(record => record.Divergences)];
        double[] losses = [.. records.SelectMany(record => record.Losses)];
        double[] referenceLosses = [.. records.SelectMany(record => record.ReferenceLosses)];
        double[] differences = [.. losses.Zip(referenceLosses, (loss, reference) => loss - reference)];
        double[] sorted = [.. divergences.Order()];
        double ratio = Math.Exp(differences.Average());
        double agreement = (double)records.Sum(record => record.Agreements) / losses.Length;
        return new DivergenceResult
        {
            Run = Identity,
            Items = ItemCount,
            Tokens = losses.Length,
            KlMean = divergences.Average(),
            KlMeanStderr = Statistics.StandardError(divergences),
            KlMedian = Statistics.Quantile(sorted, 0.5),
            KlP99 = Statistics.Quantile(sorted, 0.99),
            KlMax = sorted[^1],
            Top1Agreement = agreement,
            Top1AgreementStderr = Statistics.StandardError(agreement, losses.Length),
            Perplexity = Math.Exp(losses.Average()),
            ReferencePerplexity = Math.Exp(referenceLosses.Average()),
            PerplexityRatio = ratio,
            PerplexityRatioStderr = ratio * Statistics.StandardError(differences),
            KlHistogram = DivergenceHistogram.Of(divergences),
            ByPosition = ByPosition(records),
        };
    }

    private static void RequireSameVocabulary(LanguageModel model, LanguageModel reference, TextWindows text)
    {
        if (model.Config.VocabSize != reference.Config.VocabSize)
        {
            throw new EvaluationException(
                $"{model.Directory}: has a vocabulary of {model.Config.VocabSize}, " +
                $"the reference {reference.Directory} one of {reference.Config.VocabSize}; only models with the same vocabulary can be compared");
        }

        if (reference.Tokenizer is not null)
        {
            text.RequireSameTokens(reference.Tokenizer, reference.Directory);
        }
    }

    private WindowDivergence[] Compare(Range items, CancellationToken cancellationToken)
    {
        SlidingWindow[] windows = [.. _text.Windows.Take(items)];
        int[] targets = [.. windows.SelectMany(window => _text.Targets(window).ToArray())];
        TokenDivergence[] scores = _scorer.Score([.. windows.Select(_text.Sequence)], targets, cancellationToken);
        var records = new WindowDivergence[windows.Length];
        int start = 0;
        for (int i = 0; i < records.Length; i++)
        {
            records[i] = Record(scores.AsSpan(start, windows[i].ScoredCount).ToArray());
            start += windows[i].ScoredCount;
        }

        return records;
    }

    private static WindowDivergence Record(TokenDivergence[] scores) => new(
        Array.ConvertAll(scores, score => score.Divergence),
        Array.ConvertAll(scores, score => score.Loss),
        Array.ConvertAll(scores, score => score.ReferenceLoss),
        scores.Count(score => score.Agrees));

    private DivergenceAtPosition[] ByPosition(IReadOnlyList<WindowDivergence> records) =>
    [
        .. new PositionBins(_text.Options.Window)
            .Average(_text.Windows, records.Select(record => new[] { record.Losses, record.ReferenceLosses, record.Divergences }))
            .Select(bin => new DivergenceAtPosition(bin.First, bin.Last, bin.Tokens, bin.Means[0], bin.Means[1], bin.Means[2])),
    ];
}
