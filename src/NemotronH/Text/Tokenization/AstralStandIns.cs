using System.Globalization;

namespace NemotronH.Text.Tokenization;

/// <summary>BMP characters that stand for those beyond U+FFFF, so that a regex over UTF-16 units tells code points apart.</summary>
/// <remarks>
/// A pre-tokenizer's regex tells characters apart by general category, by being white space (no astral character is) and by name.
/// So one BMP character of the same category, that the regex does not name, stands for all astral characters of a category.
/// Categories are those of .NET's Unicode tables (16.0 in .NET 10); Hugging Face's engine has its own, and characters that only one
/// of the two knows may be cut differently.
/// </remarks>
internal sealed class AstralStandIns
{
    private readonly char[] _byCategory = new char[(int)UnicodeCategory.OtherNotAssigned + 1];

    /// <summary>Chooses the stand-ins.</summary>
    /// <param name="named">Characters that the regex names, alone or in ranges.</param>
    public AstralStandIns(IReadOnlyList<CharRange> named)
    {
        for (int value = char.MaxValue; value > 0; value--)
        {
            if (!named.Any(range => range.Contains((char)value)))
            {
                _byCategory[(int)CharUnicodeInfo.GetUnicodeCategory((char)value)] = (char)value;
            }
        }
    }

    /// <summary>Copies text, one unit for each code point.</summary>
    /// <param name="text">Valid UTF-16.</param>
    /// <param name="destination">At least as long as the text.</param>
    /// <returns>The number of code points.</returns>
    /// <exception cref="TokenizerException">The regex names every BMP character of a category that the text needs one of.</exception>
    public int Replace(ReadOnlySpan<char> text, Span<char> destination)
    {
        int count = 0;
        for (int i = 0; i < text.Length; i++)
        {
            destination[count++] = char.IsHighSurrogate(text[i]) ? For(char.ConvertToUtf32(text[i], text[++i])) : text[i];
        }

        return count;
    }

    private char For(int codePoint)
    {
        UnicodeCategory category = CharUnicodeInfo.GetUnicodeCategory(codePoint);
        char standIn = _byCategory[(int)category];
        return standIn != '\0'
            ? standIn
            : throw new TokenizerException($"The pre-tokenizer's regex leaves no character to stand for U+{codePoint:X} ({category}).");
    }
}

/// <summary>A range of BMP characters, both ends included.</summary>
internal readonly record struct CharRange(char First, char Last)
{
    public bool Contains(char value) => First <= value && value <= Last;
}
