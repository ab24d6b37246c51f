using System.Globalization;
using System.Text;

namespace NemotronH.Tests.Text;

/// <summary>Tekken's regular expression, matched by hand over code points: one method for each alternative, in order.</summary>
internal sealed class TekkenWalker(string text)
{
    private readonly Rune[] _runes = [.. text.EnumerateRunes()];

    public static List<string> Split(string text)
    {
        TekkenWalker walker = new(text);
        List<string> pieces = [];
        for (int at = 0; at < walker._runes.Length;)
        {
            int end = walker.Match(at);
            pieces.Add(string.Concat(walker._runes[at..end].Select(rune => rune.ToString())));
            at = end;
        }

        return pieces;
    }

    private int Match(int at)
    {
        int end = WordEndingLow(at);
        end = end > at ? end : WordBeginningHigh(at);
        end = end > at ? end : Run(at, Math.Min(at + 1, _runes.Length), IsNumber);
        end = end > at ? end : Symbols(at);
        end = end > at ? end : Lines(at);
        end = end > at ? end : Spaces(at);
        Assert.True(end > at, "Every character is in one of the alternatives.");
        return end;
    }

    /// <summary>[^\r\n\p{L}\p{N}]?[upper or unicase]*[lower or unicase]+</summary>
    private int WordEndingLow(int at)
    {
        foreach (int start in WordStarts(at))
        {
            for (int low = Run(start, IsHigh); low >= start; low--)
            {
                int end = Run(low, IsLow);
                if (end > low)
                {
                    return end;
                }
            }
        }

        return at;
    }

    /// <summary>[^\r\n\p{L}\p{N}]?[upper or unicase]+[lower or unicase]*</summary>
    private int WordBeginningHigh(int at)
    {
        foreach (int start in WordStarts(at))
        {
            int low = Run(start, IsHigh);
            if (low > start)
            {
                return Run(low, IsLow);
            }
        }

        return at;
    }

    private int[] WordStarts(int at) =>
        _runes[at].Value is not ('\r' or '\n') && !IsLetter(_runes[at]) && !IsNumber(_runes[at]) ? [at + 1, at] : [at];

    /// <summary> ?[^\s\p{L}\p{N}]+[\r\n/]*</summary>
    private int Symbols(int at)
    {
        int start = _runes[at].Value == ' ' ? at + 1 : at;
        int end = Run(start, rune => !Rune.IsWhiteSpace(rune) && !IsLetter(rune) && !IsNumber(rune));
        return end > start ? Run(end, rune => rune.Value is '\r' or '\n' or '/') : at;
    }

    /// <summary>\s*[\r\n]+</summary>
    private int Lines(int at)
    {
        int end = Run(at, Rune.IsWhiteSpace);
        while (end > at && _runes[end - 1].Value is not ('\r' or '\n'))
        {
            end--;
        }

        return end;
    }

    /// <summary>\s+(?!\S)|\s+</summary>
    private int Spaces(int at)
    {
        int end = Run(at, Rune.IsWhiteSpace);
        return end == _runes.Length || end - at < 2 ? end : end - 1;
    }

    private int Run(int at, Func<Rune, bool> belongs) => Run(at, _runes.Length, belongs);

    private int Run(int at, int limit, Func<Rune, bool> belongs)
    {
        while (at < limit && belongs(_runes[at]))
        {
            at++;
        }

        return at;
    }

    private static bool IsHigh(Rune rune) =>
        Rune.GetUnicodeCategory(rune) is UnicodeCategory.UppercaseLetter or UnicodeCategory.TitlecaseLetter || IsUnicase(rune);

    private static bool IsLow(Rune rune) => Rune.GetUnicodeCategory(rune) is UnicodeCategory.LowercaseLetter || IsUnicase(rune);

    private static bool IsUnicase(Rune rune) => Rune.GetUnicodeCategory(rune)
        is UnicodeCategory.ModifierLetter or UnicodeCategory.OtherLetter
        or UnicodeCategory.NonSpacingMark or UnicodeCategory.SpacingCombiningMark or UnicodeCategory.EnclosingMark;

    private static bool IsLetter(Rune rune) => Rune.IsLetter(rune);

    private static bool IsNumber(Rune rune) => Rune.IsNumber(rune);
}
