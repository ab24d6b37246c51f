using System.Text;
using NemotronH.Checkpoints.Safetensors;
using NemotronH.Quantization;

namespace NemotronH.Checkpoints;

/// <summary>Pieces of one-line messages about what files say.</summary>
internal static class Message
{
    private const int LongestQuote = 200;

    /// <summary>Text from a file in quotes: on one line whatever it holds, and not longer than a line should be.</summary>
    internal static string Quote(string text)
    {
        var quoted = new StringBuilder("'");
        foreach (char c in text.AsSpan(0, Math.Min(text.Length, LongestQuote)))
        {
            quoted.Append(char.IsControl(c) || c is '\u2028' or '\u2029' ? '\uFFFD' : c);
        }

        return quoted.Append(text.Length > LongestQuote ? "…'" : "'").ToString();
    }

    /// <summary>Dtype and shape of a tensor, as in <c>BF16 [128, 64]</c>.</summary>
    internal static string Describe(StoredTensorInfo tensor) => $"{tensor.Dtype.Name()} [{string.Join(", ", tensor.Shape.Take(16))}]";

    /// <summary>The first few of many things, and how many more there are.</summary>
    internal static string FirstFew(IReadOnlyCollection<string> items, int few = 5) =>
        string.Join(", ", items.Take(few)) + (items.Count > few ? $" and {items.Count - few} more" : "");

    /// <summary>A number of bytes in binary units, as in <c>5.48 GiB</c>.</summary>
    internal static string Bytes(long count)
    {
        string[] units = ["B", "KiB", "MiB", "GiB", "TiB"];
        int unit = count < 1024 ? 0 : Math.Min((int)Math.Log(count, 1024), units.Length - 1);
        return unit == 0 ? $"{count} B" : $"{count / Math.Pow(1024, unit):0.##} {units[unit]}";
    }
}
