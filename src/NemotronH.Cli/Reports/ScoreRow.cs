namespace NemotronH.Cli.Reports;

/// <summary>A score as it is shown.</summary>
/// <param name="Task">Benchmark, category or subject; indented by dashes as lm-eval-harness does.</param>
/// <param name="Filter">How the answer was found, or <c>none</c>.</param>
/// <param name="Metric">What was measured.</param>
/// <param name="Direction">↑ where more is better, ↓ where less is, empty where neither.</param>
/// <param name="Value">The score.</param>
/// <param name="Stderr">Its standard error; <see langword="null"/> where it has none.</param>
/// <param name="Format">Format of both numbers.</param>
internal sealed record ScoreRow(
    string Task, string Filter, string Metric, string Direction, double Value, double? Stderr, string Format = "0.0000")
{
    /// <summary>The score as text.</summary>
    public string ValueText => Value.ToString(Format);

    /// <summary>The standard error as text.</summary>
    public string StderrText => Stderr?.ToString(Format) ?? "N/A";
}
