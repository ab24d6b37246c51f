using System.Text.Json;

namespace NemotronH.Configuration;

/// <summary>What <see cref="JsonElement"/> does not offer: reading that never throws, and values put in words.</summary>
internal static class JsonText
{
    private const int LongestQuote = 40;
    private const int LongestSentence = 120;

    /// <summary>Reads a string.</summary>
    /// <param name="value">Any value.</param>
    /// <returns>The text, or <see langword="null"/> where it is no string or escapes an unpaired surrogate.</returns>
    public static string? Text(JsonElement value)
    {
        try
        {
            return value.ValueKind == JsonValueKind.String ? value.GetString() : null;
        }
        catch (InvalidOperationException)
        {
            return null;
        }
    }

    /// <summary>Reads a property's name.</summary>
    /// <param name="property">A property of an object.</param>
    /// <returns>The name, or <see langword="null"/> where it escapes an unpaired surrogate.</returns>
    public static string? Name(JsonProperty property)
    {
        try
        {
            return property.Name;
        }
        catch (InvalidOperationException)
        {
            return null;
        }
    }

    /// <summary>Reads a number, infinite or NaN ones included.</summary>
    /// <param name="value">Any value; a number, <c>{"__float__":"Infinity"}</c> or <c>"Infinity"</c> counts.</param>
    /// <returns>The number, or <see langword="null"/> where it is none.</returns>
    public static double? Number(JsonElement value) => value.ValueKind switch
    {
        JsonValueKind.Number => value.GetDouble(),
        JsonValueKind.String => Named(value),
        JsonValueKind.Object => Wrapped(value) is { } inner ? Named(inner) : null,
        _ => null,
    };

    /// <summary>Puts a value in words, short enough for one line.</summary>
    /// <param name="value">Any value.</param>
    /// <returns>"a string", "-5", "true", "a list" and the like.</returns>
    public static string Describe(JsonElement value) => value.ValueKind switch
    {
        JsonValueKind.String => "a string",
        JsonValueKind.Array => "a list",
        JsonValueKind.Object => Wrapped(value) is { } inner ? Text(inner) ?? "an object" : "an object",
        _ => Shorten(value.GetRawText()),
    };

    /// <summary>Quotes a string value as its file spells it, short enough for one line.</summary>
    /// <param name="text">A string value.</param>
    /// <returns>The text within single quotes.</returns>
    public static string Quote(JsonElement text) => $"'{Shorten(text.GetRawText()[1..^1])}'";

    /// <summary>Makes another library's message fit for a line of ours: they quote the text they stumbled over as it is.</summary>
    /// <param name="message">The message.</param>
    /// <returns>The message, shortened and without control characters.</returns>
    public static string OneLine(string message) => Shorten(message, LongestSentence);

    private static string Shorten(string text, int longest = LongestQuote)
    {
        string start = text.Length <= longest ? text : text[..longest] + "...";
        return string.Concat(start.Select(character => char.IsControl(character) || character is '\u2028' or '\u2029' ? '?' : character));
    }

    private static double? Named(JsonElement value) => Text(value) switch
    {
        "Infinity" => double.PositiveInfinity,
        "-Infinity" => double.NegativeInfinity,
        "NaN" => double.NaN,
        _ => null,
    };

    private static JsonElement? Wrapped(JsonElement value)
    {
        foreach (JsonProperty property in value.EnumerateObject())
        {
            return Name(property) == "__float__" ? property.Value : null;
        }

        return null;
    }
}
