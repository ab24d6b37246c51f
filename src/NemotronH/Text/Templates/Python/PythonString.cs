using System.Globalization;
using System.Text;

namespace NemotronH.Text.Templates.Python;

/// <summary>How Python spells a text as a literal, and what it takes for white space.</summary>
internal static class PythonString
{
    /// <summary>Whether Python's <c>str.isspace</c> holds.</summary>
    public static bool IsSpace(char character) => char.IsWhiteSpace(character) || character is >= '\x1C' and <= '\x1F';

    /// <summary>Whether a character ends a line for <c>str.splitlines</c>.</summary>
    public static bool IsLineBreak(char character) =>
        character is '\n' or '\r' or '\v' or '\f' or >= '\x1C' and <= '\x1E' or '\x85' or '\u2028' or '\u2029';

    /// <summary>Python's <c>repr</c> of a text.</summary>
    public static string Repr(string text)
    {
        char quote = text.Contains('\'') && !text.Contains('"') ? '"' : '\'';
        StringBuilder literal = new(text.Length + 2);
        literal.Append(quote);
        foreach (string codePoint in CodePoints.Of(text))
        {
            AppendEscaped(literal, codePoint, quote);
        }

        return literal.Append(quote).ToString();
    }

    private static void AppendEscaped(StringBuilder literal, string codePoint, char quote)
    {
        int value = CodePoints.ValueAt(codePoint, 0);
        _ = value switch
        {
            '\\' => literal.Append(@"\\"),
            '\n' => literal.Append(@"\n"),
            '\r' => literal.Append(@"\r"),
            '\t' => literal.Append(@"\t"),
            _ when value == quote => literal.Append('\\').Append(quote),
            _ when IsPrintable(value) => literal.Append(codePoint),
            <= 0xFF => literal.Append(CultureInfo.InvariantCulture, $"\\x{value:x2}"),
            <= 0xFFFF => literal.Append(CultureInfo.InvariantCulture, $"\\u{value:x4}"),
            _ => literal.Append(CultureInfo.InvariantCulture, $"\\U{value:x8}"),
        };
    }

    /// <summary>Whether Python's <c>str.isprintable</c> holds for a code point.</summary>
    public static bool IsPrintable(int codePoint) => codePoint == ' ' || CharUnicodeInfo.GetUnicodeCategory(codePoint) is not (
        UnicodeCategory.Control or UnicodeCategory.Format or UnicodeCategory.Surrogate or UnicodeCategory.PrivateUse
        or UnicodeCategory.OtherNotAssigned or UnicodeCategory.LineSeparator or UnicodeCategory.ParagraphSeparator
        or UnicodeCategory.SpaceSeparator);
}
