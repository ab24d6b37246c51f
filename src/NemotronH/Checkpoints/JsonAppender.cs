using System.Buffers;

namespace NemotronH.Checkpoints;

/// <summary>
/// Adds a property to an object in a JSON text and leaves the rest as it is spelled: numbers that a strict parser does not know included.
/// </summary>
internal static class JsonAppender
{
    /// <summary>Adds a property at the end.</summary>
    /// <param name="json">UTF-8 text of an object that lacks the property.</param>
    /// <param name="name">The property's name, without characters that JSON escapes.</param>
    /// <param name="value">UTF-8 text of its value.</param>
    internal static byte[] Append(ReadOnlySpan<byte> json, string name, ReadOnlySpan<byte> value)
    {
        ReadOnlySpan<byte> open = json[..json.LastIndexOf((byte)'}')].TrimEnd(" \t\r\n"u8);
        var output = new ArrayBufferWriter<byte>(json.Length + (2 * value.Length));
        output.Write(open);
        output.Write(open[^1] == (byte)'{' ? "\n"u8 : ",\n"u8);
        output.Write(System.Text.Encoding.UTF8.GetBytes($"  \"{name}\": "));
        WriteIndented(output, value);
        output.Write("\n}\n"u8);
        return output.WrittenSpan.ToArray();
    }

    private static void WriteIndented(ArrayBufferWriter<byte> output, ReadOnlySpan<byte> lines)
    {
        // A line break stands between tokens alone: within a string it is escaped.
        for (int end = lines.IndexOf((byte)'\n'); end >= 0; end = lines.IndexOf((byte)'\n'))
        {
            output.Write(lines[..(end + 1)]);
            output.Write("  "u8);
            lines = lines[(end + 1)..];
        }

        output.Write(lines);
    }
}
