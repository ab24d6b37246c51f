using NemotronH.Evaluation;
using NemotronH.Evaluation.Gsm8k;
using NemotronH.Evaluation.Mmlu;
using NemotronH.Evaluation.Perplexity;
using ScottPlot;

namespace NemotronH.Cli.Reports;

/// <summary>Draws what a result has to show.</summary>
internal static class ReportPlots
{
    private const int BarHeight = 18;
    private const int MaxLabels = 12;

    /// <summary>The plots of a result, in order.</summary>
    public static IReadOnlyList<ReportPlot> Of(EvaluationResult result) => result switch
    {
        PerplexityResult perplexity => [LossByPosition(perplexity)],
        DivergenceResult divergence => [Histogram(divergence), DivergenceByPosition(divergence), LossByPosition(divergence)],
        Gsm8kResult gsm8k => [Accuracy("Accuracy by filter", [.. ScoreRows.Of(gsm8k).Select(row => new Bar(row.Filter, row.Value, row.Stderr))])],
        MmluResult mmlu => [Categories(mmlu), Subjects(mmlu)],
        _ => [],
    };

    private static ReportPlot LossByPosition(PerplexityResult result)
    {
        var plot = new Plot();
        AddCurve(plot, result.LossByPosition.Select(range => (Middle(range.From, range.To), range.Nll)));
        return Named(plot, "Loss by position", "tokens before, in the window", "mean loss (nats)");
    }

    private static ReportPlot LossByPosition(DivergenceResult result)
    {
        var plot = new Plot();
        AddCurve(plot, result.ByPosition.Select(range => (Middle(range.From, range.To), range.ReferenceNll)), "reference");
        AddCurve(plot, result.ByPosition.Select(range => (Middle(range.From, range.To), range.Nll)), "model");
        plot.ShowLegend(Alignment.UpperRight);
        return Named(plot, "Loss by position", "tokens before, in the window", "mean loss (nats)");
    }

    private static ReportPlot DivergenceByPosition(DivergenceResult result)
    {
        var plot = new Plot();
        AddCurve(plot, result.ByPosition.Select(range => (Middle(range.From, range.To), range.Kl)));
        return Named(plot, "Divergence by position", "tokens before, in the window", "mean KL (nats)");
    }

    private static ReportPlot Histogram(DivergenceResult result)
    {
        List<HistogramBin> bins = [.. result.KlHistogram];
        var plot = new Plot();
        plot.Add.Bars(bins.Select(bin => (double)bin.Tokens).ToArray());
        double[] edges = [.. bins.Select(bin => bin.From), bins[^1].To];
        int[] labelled = [.. Enumerable.Range(0, edges.Length).Where(i => edges[i] < double.MaxValue)
            .Where(i => bins.Count <= MaxLabels || IsPowerOfTen(edges[i]))];
        plot.Axes.Bottom.SetTicks([.. labelled.Select(i => i - 0.5)], [.. labelled.Select(i => $"{edges[i]:G3}")]);
        plot.Axes.Margins(bottom: 0);
        plot.Axes.SetLimitsX(-0.7, bins.Count - 0.3);
        return Named(plot, "KL histogram", "KL(reference || model) of a token (nats)", "tokens");
    }

    private static bool IsPowerOfTen(double edge) => Math.Abs(Math.Log10(edge) - Math.Round(Math.Log10(edge))) < 0.01;

    private static ReportPlot Categories(MmluResult result) => Accuracy(
        "Accuracy by category",
        [
            .. result.Categories.Select(score => new Bar(score.Name, score.Accuracy, score.AccuracyStderr)),
            new("all", result.Accuracy, result.AccuracyStderr),
        ]);

    private static ReportPlot Subjects(MmluResult result) => Accuracy(
        "Accuracy by subject", [.. result.Subjects.Select(score => new Bar(score.Name, score.Accuracy, score.AccuracyStderr))]);

    /// <summary>Bars from left to right, the first on top, with the standard error to both sides.</summary>
    private static ReportPlot Accuracy(string title, IReadOnlyList<Bar> bars)
    {
        var plot = new Plot();
        var drawn = plot.Add.Bars(bars.Select((bar, i) => new ScottPlot.Bar
        {
            Position = bars.Count - 1 - i,
            Value = bar.Accuracy,
            Error = bar.Stderr ?? 0,
            FillColor = Colors.C0,
            Orientation = Orientation.Horizontal,
        }).ToArray());
        drawn.Horizontal = true;
        plot.Axes.Left.SetTicks(
            [.. bars.Select((_, i) => (double)(bars.Count - 1 - i))], [.. bars.Select(bar => bar.Name.Replace('_', ' '))]);
        plot.Axes.SetLimits(0, 1, -0.8, bars.Count - 0.2);
        return Named(plot, title, "accuracy", "") with { Height = 110 + (BarHeight * Math.Max(bars.Count, 4)) };
    }

    private static void AddCurve(Plot plot, IEnumerable<(double X, double Y)> points, string? name = null)
    {
        (double X, double Y)[] all = [.. points];
        var curve = plot.Add.Scatter(Array.ConvertAll(all, point => point.X), Array.ConvertAll(all, point => point.Y));
        curve.LineWidth = 2;
        curve.LegendText = name ?? "";
    }

    private static ReportPlot Named(Plot plot, string title, string xLabel, string yLabel)
    {
        plot.XLabel(xLabel);
        plot.YLabel(yLabel);
        return new ReportPlot(title, plot);
    }

    private static double Middle(int from, int to) => (from + to) / 2.0;

    private readonly record struct Bar(string Name, double Accuracy, double? Stderr);
}
