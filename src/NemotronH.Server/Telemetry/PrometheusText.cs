using System.Globalization;
using System.Text;

namespace NemotronH.Server.Telemetry;

/// <summary>Writes metrics in Prometheus' text format.</summary>
/// <param name="model">The model's name, a label of every metric.</param>
internal sealed class PrometheusText(string model)
{
    private const string Prefix = "nemotronh:";

    private readonly StringBuilder _text = new();
    private readonly string _label = $"model_name=\"{Escape(model)}\"";

    /// <summary>A number that goes up and down.</summary>
    internal void Gauge(string name, string help, double value)
    {
        Head(name, help, "gauge");
        Line(name, _label, value);
    }

    /// <summary>A number that only goes up.</summary>
    internal void Counter(string name, string help, double value)
    {
        Head(name, help, "counter");
        Line(name, _label, value);
    }

    /// <summary>Numbers that only go up, told apart by a label.</summary>
    internal void Counter(string name, string help, string label, IEnumerable<KeyValuePair<string, long>> values)
    {
        Head(name, help, "counter");
        foreach ((string value, long count) in values.OrderBy(pair => pair.Key, StringComparer.Ordinal))
        {
            Line(name, $"{_label},{label}=\"{Escape(value)}\"", count);
        }
    }

    /// <summary>Values by size.</summary>
    internal void Histogram(string name, string help, Histogram histogram)
    {
        Head(name, help, "histogram");
        (long[] counts, double sum) = histogram.Read();
        long total = 0;
        for (int i = 0; i < counts.Length; i++)
        {
            total += counts[i];
            string bound = i < histogram.Bounds.Count ? Number(histogram.Bounds[i]) : "+Inf";
            Line($"{name}_bucket", $"{_label},le=\"{bound}\"", total);
        }

        Line($"{name}_sum", _label, sum);
        Line($"{name}_count", _label, total);
    }

    /// <summary>What was written.</summary>
    public override string ToString() => _text.ToString();

    private void Head(string name, string help, string type) =>
        _text.Append($"# HELP {Prefix}{name} {help}\n# TYPE {Prefix}{name} {type}\n");

    private void Line(string name, string labels, double value) => _text.Append($"{Prefix}{name}{{{labels}}} {Number(value)}\n");

    private static string Number(double value) => value.ToString(CultureInfo.InvariantCulture);

    private static string Escape(string label) => label
        .Replace("\\", @"\\", StringComparison.Ordinal)
        .Replace("\"", "\\\"", StringComparison.Ordinal)
        .Replace("\n", @"\n", StringComparison.Ordinal);
}
