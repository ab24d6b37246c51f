using NemotronH.Evaluation;

namespace NemotronH.Cli.Reports;

/// <summary>Scores as a Markdown table with the columns that lm-eval-harness prints.</summary>
internal sealed class ScoreTable
{
    private static readonly string[] Headers = ["Tasks", "Filter", "n-shot", "Metric", "", "Value", "", "Stderr"];
    private static readonly bool[] IsNumber = [false, false, true, false, false, true, false, true];

    private readonly List<string[]> _rows = [];

    private ScoreTable(IEnumerable<ScoreRow> scores, string shots)
    {
        _rows.AddRange(scores.Select(score => new[]
        {
            score.Task, score.Filter, shots, score.Metric, score.Direction, score.ValueText, "±", score.StderrText,
        }));
    }

    /// <summary>The table of a result.</summary>
    public static ScoreTable Of(EvaluationResult result) => new(ScoreRows.Of(result), result.Run["fewshot"] ?? "0");

    /// <summary>Prints the table.</summary>
    public void WriteTo(TextWriter output)
    {
        int[] widths = [.. Headers.Select((header, column) => _rows.Select(row => row[column].Length).Append(header.Length).Max())];
        output.WriteLine(Line(Headers, widths));
        output.WriteLine($"|{string.Join('|', widths.Select(Rule))}|");
        foreach (string[] row in _rows)
        {
            output.WriteLine(Line(row, widths));
        }
    }

    private static string Rule(int width, int column) => new string('-', Math.Max(width, 2) + 1) + (IsNumber[column] ? ":" : "-");

    private static string Line(string[] cells, int[] widths) => $"|{string.Join('|', cells.Select((cell, column) =>
        $" {(IsNumber[column] ? cell.PadLeft(Math.Max(widths[column], 2)) : cell.PadRight(Math.Max(widths[column], 2)))} "))}|";
}
