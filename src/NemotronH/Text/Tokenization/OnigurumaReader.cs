using System.Globalization;
using System.Text;

namespace NemotronH.Text.Tokenization;

/// <summary>Reads a regular expression character by character and knows the escapes that Oniguruma and .NET share.</summary>
internal sealed class OnigurumaReader(string source)
{
    private static readonly HashSet<string> GeneralCategories =
    [
        "L", "Lu", "Ll", "Lt", "Lm", "Lo", "M", "Mn", "Mc", "Me", "N", "Nd", "Nl", "No", "P", "Pc", "Pd", "Ps", "Pe", "Pi", "Pf", "Po",
        "S", "Sm", "Sc", "Sk", "So", "Z", "Zs", "Zl", "Zp", "C", "Cc", "Cf", "Co", "Cn",
    ];

    private int _at;

    public bool AtEnd => _at == source.Length;

    /// <summary>Whether a text comes next; it is not consumed.</summary>
    public bool IsNext(string text) => source.AsSpan(_at).StartsWith(text, StringComparison.Ordinal);

    /// <summary>Consumes a text if it comes next.</summary>
    public bool TryTake(string text)
    {
        bool found = IsNext(text);
        _at += found ? text.Length : 0;
        return found;
    }

    /// <summary>Consumes one character.</summary>
    /// <exception cref="TokenizerException">The expression ends here, or the character lies beyond U+FFFF.</exception>
    public char ReadChar()
    {
        if (AtEnd)
        {
            throw Refuse("an unfinished construct at its end");
        }

        return !char.IsSurrogate(source[_at]) ? source[_at++] : throw Refuse("a character beyond U+FFFF");
    }

    /// <summary>Consumes the digits that come next, if any.</summary>
    public string ReadDigits()
    {
        int start = _at;
        while (!AtEnd && char.IsAsciiDigit(source[_at]))
        {
            _at++;
        }

        return source[start.._at];
    }

    /// <summary>Consumes what follows a backslash.</summary>
    /// <param name="set">A class of characters, in .NET's syntax, or <see langword="null"/> where the escape is one character.</param>
    /// <returns>That character.</returns>
    /// <exception cref="TokenizerException">The escape is not supported.</exception>
    public char ReadEscape(out string? set)
    {
        char escape = ReadChar();
        set = escape switch
        {
            's' or 'S' or 'd' or 'D' => $"\\{escape}",
            'p' or 'P' => $"\\{escape}{{{ReadCategory(escape)}}}",
            _ => null,
        };
        return escape switch
        {
            _ when set is not null => '\0',
            't' => '\t',
            'n' => '\n',
            'v' => '\v',
            'f' => '\f',
            'r' => '\r',
            'a' => '\a',
            'e' => '\u001B',
            'u' => ReadHex(4, char.MaxValue),
            'x' when TryTake("{") => ReadBracedHex(),

            // Two digits are a byte of UTF-8, which is a character of its own only in ASCII.
            'x' => ReadHex(2, '\u007F'),
            _ when char.IsAsciiLetterOrDigit(escape) => throw Refuse($"\\{escape}"),
            _ => escape,
        };
    }

    /// <summary>A complaint that names what this reader or its caller cannot translate.</summary>
    public TokenizerException Refuse(string construct) =>
        new($"The pre-tokenizer's regex {source} uses {construct}, which is not supported.");

    private string ReadCategory(char escape)
    {
        int end = source.IndexOf('}', _at);
        if (!TryTake("{") || end < 0)
        {
            throw Refuse($"\\{escape} without braces");
        }

        string name = source[_at..end];
        _at = end + 1;
        return GeneralCategories.Contains(name) ? name : throw Refuse($"\\{escape}{{{name}}}");
    }

    private char ReadBracedHex()
    {
        int length = source.AsSpan(_at).IndexOf('}');
        char value = length is > 0 and <= 8 ? ReadHex(length, char.MaxValue) : throw Refuse("\\x{ without digits");
        _at++;
        return value;
    }

    private char ReadHex(int length, char greatest)
    {
        string digits = source.Substring(_at, Math.Min(length, source.Length - _at));
        _at += digits.Length;
        return digits.Length == length
            && int.TryParse(digits, NumberStyles.AllowHexSpecifier, null, out int value)
            && value <= greatest
            && Rune.IsValid(value)
            ? (char)value
            : throw Refuse($"the character code {digits}");
    }
}
