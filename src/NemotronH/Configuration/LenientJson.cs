using System.Text.Json;
using System.Text.Unicode;

namespace NemotronH.Configuration;

/// <summary>Parses JSON as model repositories write it: a byte order mark and bare non-finite numbers are tolerated, nothing else is.</summary>
internal static class LenientJson
{
    /// <summary>Reads and parses a file.</summary>
    /// <param name="path">The file.</param>
    /// <returns>The document, which the caller disposes.</returns>
    /// <exception cref="ConfigurationException">The file cannot be read or is not JSON.</exception>
    public static JsonDocument Load(string path)
    {
        try
        {
            return Parse(File.ReadAllBytes(path), path);
        }
        catch (Exception exception) when (exception is IOException or UnauthorizedAccessException)
        {
            throw new ConfigurationException($"{path}: cannot be read ({JsonText.OneLine(exception.Message)})", exception);
        }
    }

    /// <summary>Parses a document.</summary>
    /// <param name="utf8">The text, perhaps with a byte order mark.</param>
    /// <param name="origin">File name for messages.</param>
    /// <returns>The document, which the caller disposes.</returns>
    /// <exception cref="ConfigurationException">The text is not JSON; the message has line and column.</exception>
    public static JsonDocument Parse(ReadOnlyMemory<byte> utf8, string origin)
    {
        utf8 = utf8.Span.StartsWith("\uFEFF"u8) ? utf8[3..] : utf8;
        if (!Utf8.IsValid(utf8.Span))
        {
            throw new ConfigurationException($"{origin}: is not UTF-8 text; expected JSON");
        }

        var numbers = new NonFiniteNumbers();
        ReadOnlyMemory<byte> strict = numbers.Rewrite(utf8);
        try
        {
            return JsonDocument.Parse(strict);
        }
        catch (JsonException exception)
        {
            throw new ConfigurationException($"{origin}: is not JSON: {Locate(exception, strict.Span, numbers)}", exception);
        }
    }

    private static string Locate(JsonException exception, ReadOnlySpan<byte> strict, NonFiniteNumbers numbers)
    {
        long line = exception.LineNumber ?? 0;
        int lineStart = 0;
        for (long passed = 0; passed < line; passed++)
        {
            lineStart += strict[lineStart..].IndexOf((byte)'\n') + 1;
        }

        int column = (int)(exception.BytePositionInLine ?? 0);
        column -= numbers.GrowthBetween(lineStart, lineStart + column);
        string reason = exception.Message.Split(" LineNumber:")[0];
        return $"line {line + 1}, column {column + 1}: {JsonText.OneLine(reason)}";
    }
}
