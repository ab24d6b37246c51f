namespace NemotronH.Text.Templates.Python;

/// <summary>Positions in texts as Python counts them: by code points, where .NET counts UTF-16 units.</summary>
internal static class CodePoints
{
    /// <summary>How many code points a text has.</summary>
    public static int Count(string text) => FromUnit(text, text.Length);

    /// <summary>How many code points stand before a UTF-16 unit.</summary>
    public static int FromUnit(string text, int unit)
    {
        int count = unit;
        for (int i = 1; i < unit; i++)
        {
            if (char.IsSurrogatePair(text[i - 1], text[i]))
            {
                count--;
            }
        }

        return count;
    }

    /// <summary>How many UTF-16 units stand before a code point.</summary>
    public static int ToUnit(string text, int codePoint)
    {
        int unit = 0;
        for (; codePoint > 0; codePoint--)
        {
            unit += UnitsAt(text, unit);
        }

        return unit;
    }

    /// <summary>The code point at a position, as a text.</summary>
    public static string At(string text, int codePoint)
    {
        int unit = ToUnit(text, codePoint);
        return text.Substring(unit, UnitsAt(text, unit));
    }

    /// <summary>The code points, each as a text of its own.</summary>
    public static IEnumerable<string> Of(string text)
    {
        for (int unit = 0; unit < text.Length; unit += UnitsAt(text, unit))
        {
            yield return text.Substring(unit, UnitsAt(text, unit));
        }
    }

    /// <summary>The value of the code point that begins at a UTF-16 unit; half of a pair stands for itself.</summary>
    public static int ValueAt(string text, int unit) => UnitsAt(text, unit) == 2 ? char.ConvertToUtf32(text, unit) : text[unit];

    /// <summary>Compares as Python orders texts.</summary>
    public static int Compare(string left, string right)
    {
        int unit = left.AsSpan().CommonPrefixLength(right);
        if (unit == left.Length || unit == right.Length)
        {
            return left.Length.CompareTo(right.Length);
        }

        // Surrogates stand for the highest code points but are not the highest units.
        return (Rank(left[unit]), left[unit]).CompareTo((Rank(right[unit]), right[unit]));
    }

    private static bool Rank(char unit) => char.IsSurrogate(unit);

    /// <summary>How many UTF-16 units the code point that begins at one takes.</summary>
    public static int UnitsAt(string text, int unit) => unit + 1 < text.Length && char.IsSurrogatePair(text[unit], text[unit + 1]) ? 2 : 1;
}
