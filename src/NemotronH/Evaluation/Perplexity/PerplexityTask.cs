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
        ModelRoom.Require(model, batch, text.LongestWindow, "a window");
        ModelRoom.RequireVocabulary(model, text.Ids);
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

    private LossAtPosition[] ByPosition(IReadOnlyList<WindowLosses> records)
    {
        var bins = new PositionBins(_text.Options.Window);
        var sums = new (int Tokens, double Loss)[bins.Count];
        foreach ((SlidingWindow window, WindowLosses record) in _text.Windows.Zip(records))
        {
            for (int i = 0; i < record.Losses.Count; i++)
            {
                ref (int Tokens, double Loss) sum = ref sums[bins.IndexOf(window.FirstScored - window.Begin + i)];
                sum = (sum.Tokens + 1, sum.Loss + record.Losses[i]);
            }
        }

        return [.. sums.Select((sum, bin) => (sum, bin)).Where(pair => pair.sum.Tokens > 0).Select(pair => new LossAtPosition(
            bins.FirstOffset(pair.bin), bins.FirstOffset(pair.bin + 1) - 1, pair.sum.Tokens, pair.sum.Loss / pair.sum.Tokens))];
    }
}
