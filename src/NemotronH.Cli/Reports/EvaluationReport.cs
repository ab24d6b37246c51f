using System.Net;
using System.Text;
using NemotronH.Checkpoints;
using NemotronH.Evaluation;

namespace NemotronH.Cli.Reports;

/// <summary>A result as a page that needs nothing but itself: no scripts, pictures inside, and a policy that forbids loading anything.</summary>
internal static class EvaluationReport
{
    private const string Style =
        "body{font:15px/1.5 system-ui,sans-serif;max-width:52rem;margin:2rem auto;padding:0 1rem;color:#222}" +
        "table{border-collapse:collapse;margin:1rem 0}th,td{padding:.2rem .8rem;border-bottom:1px solid #ddd;text-align:left}" +
        "td.number{text-align:right;font-variant-numeric:tabular-nums}img{max-width:100%;height:auto}td.name{white-space:pre}" +
        "code{overflow-wrap:anywhere}";

    /// <summary>Writes the page of a result, whole or not at all.</summary>
    /// <param name="path">The file.</param>
    /// <param name="result">The result.</param>
    /// <exception cref="NemotronHException">It cannot be written.</exception>
    public static void Save(string path, EvaluationResult result) => AtomicFile.WriteAllBytes(path, Encoding.UTF8.GetBytes(Write(result)));

    /// <summary>The page.</summary>
    internal static string Write(EvaluationResult result)
    {
        string title = Encode($"{result.Task}: {result.Run["model"]}");
        var page = new StringBuilder($"""
            <!DOCTYPE html>
            <html lang="en">
            <head>
            <meta charset="utf-8">
            <meta http-equiv="Content-Security-Policy" content="default-src 'none'; img-src data:; style-src 'unsafe-inline'">
            <meta name="viewport" content="width=device-width, initial-scale=1">
            <title>{title}</title>
            <style>{Style}</style>
            </head>
            <body>
            <h1>{title}</h1>

            """);
        AppendPlots(page, result);
        AppendScores(page, result);
        AppendRun(page, result);
        return page.Append("</body>\n</html>\n").ToString();
    }

    private static void AppendPlots(StringBuilder page, EvaluationResult result)
    {
        foreach (ReportPlot plot in ReportPlots.Of(result))
        {
            string title = Encode(plot.Title);
            page.Append($"<h2>{title}</h2>\n<img alt=\"{title}\" width=\"{plot.Width}\" height=\"{plot.Height}\" ")
                .Append($"src=\"data:image/png;base64,{Convert.ToBase64String(plot.ToPng())}\">\n");
        }
    }

    private static void AppendScores(StringBuilder page, EvaluationResult result)
    {
        page.Append("<h2>Scores</h2>\n<table>\n<tr><th>task</th><th>filter</th><th>metric</th><th></th><th>value</th><th>± stderr</th></tr>\n");
        foreach (ScoreRow row in ScoreRows.Of(result))
        {
            page.Append($"<tr><td class=\"name\">{Encode(row.Task)}</td><td>{row.Filter}</td><td>{row.Metric}</td><td>{row.Direction}</td>")
                .Append($"<td class=\"number\">{row.ValueText}</td><td class=\"number\">{row.StderrText}</td></tr>\n");
        }

        page.Append("</table>\n");
    }

    private static void AppendRun(StringBuilder page, EvaluationResult result)
    {
        page.Append($"<h2>Run</h2>\n<table>\n<tr><td>items</td><td>{result.Items}</td></tr>\n");
        foreach ((string name, string value) in result.Run.Facts)
        {
            page.Append($"<tr><td>{Encode(name)}</td><td><code>{Encode(value)}</code></td></tr>\n");
        }

        page.Append("</table>\n");
    }

    private static string Encode(string text) => WebUtility.HtmlEncode(text);
}
