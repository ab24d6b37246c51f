using NemotronH.Evaluation.Runs;
using NemotronH.Evaluation.Scoring;

namespace NemotronH.Evaluation.Perplexity;

/// <summary>Perplexity of a text by a sliding window: every token is predicted from those before it in a window.</summary>
public sealed class PerplexityTask : EvaluationTask<WindowLosses, PerplexityResult>
{
    private const string Name = "perplexity";

    private readonly TextWindows _text;
    private readonly LossScorer _scorer;
    private readonly int _batch;

    /// <summary>Prepares to score a text.</summary>
    /// <param name="model">The model; it stays the caller's.</param>
    /// <param name="text">The text, cut by the model's tokenizer.</param>
    /// <param name="batch">Windows at a time; the model has as many free slots.</param>
    /// <exception cref="EvaluationException">The model has no room for them, or lacks a token.</exception>
    public PerplexityTask(LanguageModel model, TextWindows text, int batch)
        : base(
            text.Describe(new RunIdentityBuilder(Name)).With("batch", batch).WithModel("model", model).Build(),
            text.Windows.Count,
            EvaluationJson.Default.WindowLosses)
    {
        ModelRoom.Require(model, batch, text.LongestWindow, "a window", text.Ids);
        _text = text;
        _scorer = new LossScorer(model);
        _batch = batch;
    }

    private protected override void Evaluate(RunState<WindowLosses> state, CancellationToken cancellationToken) =>
        EvaluateInBatches(state, _batch, items => Score(items, cancellationToken), cancellationToken);

    private protected override PerplexityResult Summarize(IReadOnlyList<WindowLosses> records)
    {
        double[] losses = [.. records.SelectMany(record => record.Losses)];
        double nll = losses.Average();
        double? stderr = Statistics.StandardError(losses);
        long bytes = _text.CountScoredBytes();
        return new PerplexityResult
        {
            Run = Identity,
            Items = ItemCount,
            Tokens = losses.Length,
            Nll = nll,
            NllStderr = stderr,
            Perplexity = Math.Exp(nll),
            PerplexityStderr = Math.Exp(nll) * stderr,
            BitsPerByte = nll * losses.Length / Math.Log(2) / bytes,
            Bytes = bytes,
            TextTokens = _text.TokenCount,
            LossByPosition = ByPosition(records),
        };
    }

    private WindowLosses[] Score(Range items, CancellationToken cancellationToken)
    {
        SlidingWindow[] windows = [.. _text.Windows.Take(items)];
        double[][] losses = _scorer.Score(
            [.. windows.Select(_text.Sequence)], [.. windows.Select(window => _text.Targets(window).ToArray())], cancellationToken);
        return [.. losses.Select(window => new WindowLosses(window))];
    }

    private LossAtPosition[] ByPosition(IReadOnlyList<WindowLosses> records) =>
    [
        .. new PositionBins(_text.Options.Window)
            .Average(_text.Windows, records.Select(record => new[] { record.Losses }))
            .Select(bin => new LossAtPosition(bin.First, bin.Last, bin.Tokens, bin.Means[0])),
    ];
}
