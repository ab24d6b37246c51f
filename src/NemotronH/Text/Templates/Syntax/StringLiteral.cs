using System.Globalization;
using System.Text;

namespace NemotronH.Text.Templates.Syntax;

/// <summary>What a string literal means: Python's escapes, without raw strings or <c>\N{...}</c>.</summary>
internal static class StringLiteral
{
    /// <summary>Resolves escapes.</summary>
    /// <param name="body">What stands between the quotes.</param>
    /// <param name="line">Where the literal stands.</param>
    /// <exception cref="TemplateError">An escape is malformed.</exception>
    public static string Unescape(string body, int line)
    {
        if (!body.Contains('\\'))
        {
            return body;
        }

        StringBuilder text = new(body.Length);
        for (int i = 0; i < body.Length; i++)
        {
            if (body[i] == '\\')
            {
                i += AppendEscape(text, body.AsSpan(i + 1), line);
            }
            else
            {
                text.Append(body[i]);
            }
        }

        return text.ToString();
    }

    /// <summary>Appends what an escape means.</summary>
    /// <param name="text">Where to.</param>
    /// <param name="rest">What follows the backslash.</param>
    /// <param name="line">Where the literal stands.</param>
    /// <returns>How many characters behind the backslash belong to the escape.</returns>
    private static int AppendEscape(StringBuilder text, ReadOnlySpan<char> rest, int line)
    {
        switch (rest[0])
        {
            case 'x':
                return AppendHex(text, rest, 2, line);
            case 'u':
                return AppendHex(text, rest, 4, line);
            case 'U':
                return AppendHex(text, rest, 8, line);
            case >= '0' and <= '7':
                return AppendOctal(text, rest);
            case 'N':
                throw TemplateError.At(line, @"the escape '\N' is not supported");
            case '\n':
                return 1;
            default:
                text.Append(Simple(rest[0]) is { } meaning ? meaning.ToString() : $"\\{rest[0]}");
                return 1;
        }
    }

    private static char? Simple(char letter) => letter switch
    {
        'a' => '\a',
        'b' => '\b',
        'f' => '\f',
        'n' => '\n',
        'r' => '\r',
        't' => '\t',
        'v' => '\v',
        '\\' or '\'' or '"' => letter,
        _ => null,
    };

    private static int AppendHex(StringBuilder text, ReadOnlySpan<char> rest, int count, int line)
    {
        if (rest.Length <= count
            || !uint.TryParse(rest[1..(count + 1)], NumberStyles.AllowHexSpecifier, CultureInfo.InvariantCulture, out uint code)
            || code > 0x10FFFF)
        {
            throw TemplateError.At(line, $"the escape '\\{rest[0]}' lacks its {count} hexadecimal digits, or names no character");
        }

        text.Append(code is >= 0xD800 and <= 0xDFFF or <= 0xFFFF ? ((char)code).ToString() : char.ConvertFromUtf32((int)code));
        return count + 1;
    }

    private static int AppendOctal(StringBuilder text, ReadOnlySpan<char> rest)
    {
        int count = 0;
        int code = 0;
        for (; count < 3 && count < rest.Length && rest[count] is >= '0' and <= '7'; count++)
        {
            code = (code * 8) + rest[count] - '0';
        }

        text.Append((char)code);
        return count;
    }
}
