using NemotronH.Evaluation;
using NemotronH.Evaluation.Gsm8k;
using NemotronH.Evaluation.Mmlu;
using NemotronH.Evaluation.Perplexity;

namespace NemotronH.Cli.Reports;

/// <summary>Which scores of a result are shown, and how precisely.</summary>
internal static class ScoreRows
{
    private const string Up = "↑";
    private const string Down = "↓";
    private const string NoFilter = "none";

    /// <summary>The scores of a result, in order.</summary>
    public static IReadOnlyList<ScoreRow> Of(EvaluationResult result) => result switch
    {
        PerplexityResult perplexity => Of(perplexity),
        DivergenceResult divergence => Of(divergence),
        Gsm8kResult gsm8k => Of(gsm8k),
        MmluResult mmlu => Of(mmlu),
        _ => throw new ArgumentOutOfRangeException(nameof(result), result.Task, "Not a known benchmark."),
    };

    private static ScoreRow[] Of(PerplexityResult result) =>
    [
        new("perplexity", NoFilter, "perplexity", Down, result.Perplexity, result.PerplexityStderr),
        new("", NoFilter, "nll", Down, result.Nll, result.NllStderr, "0.000000"),
        new("", NoFilter, "bits_per_byte", Down, result.BitsPerByte, null),
        new("", NoFilter, "tokens", "", result.Tokens, null, "0"),
    ];

    private static ScoreRow[] Of(DivergenceResult result) =>
    [
        new("kl", NoFilter, "kl_mean", Down, result.KlMean, result.KlMeanStderr, "0.000000"),
        new("", NoFilter, "kl_median", Down, result.KlMedian, null, "0.000000"),
        new("", NoFilter, "kl_p99", Down, result.KlP99, null, "0.000000"),
        new("", NoFilter, "kl_max", Down, result.KlMax, null, "0.000000"),
        new("", NoFilter, "top1_agreement", Up, result.Top1Agreement, result.Top1AgreementStderr),
        new("", NoFilter, "perplexity", Down, result.Perplexity, null),
        new("", NoFilter, "reference_perplexity", "", result.ReferencePerplexity, null),
        new("", NoFilter, "perplexity_ratio", Down, result.PerplexityRatio, result.PerplexityRatioStderr, "0.000000"),
        new("", NoFilter, "tokens", "", result.Tokens, null, "0"),
    ];

    private static ScoreRow[] Of(Gsm8kResult result) =>
    [
        new("gsm8k", "flexible-extract", "exact_match", Up, result.FlexibleExtract, result.FlexibleExtractStderr),
        new("", "strict-match", "exact_match", Up, result.StrictMatch, result.StrictMatchStderr),
    ];

    private static List<ScoreRow> Of(MmluResult result)
    {
        var rows = new List<ScoreRow> { new("mmlu", NoFilter, "acc", Up, result.Accuracy, result.AccuracyStderr) };
        foreach (MmluScore category in result.Categories)
        {
            rows.Add(Row($" - {category.Name}", category));
            rows.AddRange(result.Subjects
                .Where(subject => subject.Category == category.Name)
                .Select(subject => Row($"  - {subject.Name}", subject)));
        }

        return rows;

        static ScoreRow Row(string name, MmluScore score) => new(name, NoFilter, "acc", Up, score.Accuracy, score.AccuracyStderr);
    }
}
