using System.Collections.Frozen;
using System.Text;

namespace NemotronH.Text.Templates.Python;

/// <summary>Upper and lower case as Python's <c>str</c> methods have it, also where one letter becomes two.</summary>
internal static class PythonCase
{
    /// <summary>Letters that become several in upper case, each with what it becomes (Unicode's SpecialCasing.txt, the unconditional part).</summary>
    private const string Expansions =
        "ßSS ŉʼN ǰJ̌ ΐΪ́ ΰΫ́ ևԵՒ ẖH̱ ẗT̈ ẘW̊ ẙY̊ ẚAʾ ὐΥ̓ ὒΥ̓̀ ὔΥ̓́ ὖΥ̓͂ ᾀἈΙ ᾁἉΙ ᾂἊΙ ᾃἋΙ ᾄἌΙ ᾅἍΙ ᾆἎΙ ᾇἏΙ ᾈἈΙ ᾉἉΙ ᾊἊΙ "
        + "ᾋἋΙ ᾌἌΙ ᾍἍΙ ᾎἎΙ ᾏἏΙ ᾐἨΙ ᾑἩΙ ᾒἪΙ ᾓἫΙ ᾔἬΙ ᾕἭΙ ᾖἮΙ ᾗἯΙ ᾘἨΙ ᾙἩΙ ᾚἪΙ ᾛἫΙ ᾜἬΙ ᾝἭΙ ᾞἮΙ ᾟἯΙ ᾠὨΙ ᾡὩΙ ᾢὪΙ ᾣὫΙ ᾤὬΙ ᾥὭΙ "
        + "ᾦὮΙ ᾧὯΙ ᾨὨΙ ᾩὩΙ ᾪὪΙ ᾫὫΙ ᾬὬΙ ᾭὭΙ ᾮὮΙ ᾯὯΙ ᾲᾺΙ ᾳΑΙ ᾴΆΙ ᾶΑ͂ ᾷΑ͂Ι ᾼΑΙ ῂῊΙ ῃΗΙ ῄΉΙ ῆΗ͂ ῇΗ͂Ι ῌΗΙ ῒΪ̀ ΐΪ́ ῖΙ͂ ῗΪ͂ "
        + "ῢΫ̀ ΰΫ́ ῤΡ̓ ῦΥ͂ ῧΫ͂ ῲῺΙ ῳΩΙ ῴΏΙ ῶΩ͂ ῷΩ͂Ι ῼΩΙ ﬀFF ﬁFI ﬂFL ﬃFFI ﬄFFL ﬅST ﬆST ﬓՄՆ ﬔՄԵ ﬕՄԻ ﬖՎՆ ﬗՄԽ";

    private static readonly FrozenDictionary<char, string> UpperExpansions = Expansions.Split(' ').ToFrozenDictionary(pair => pair[0], pair => pair[1..]);

    /// <summary><c>str.upper</c>.</summary>
    public static string Upper(string text)
    {
        if (Ascii.IsValid(text))
        {
            return text.ToUpperInvariant();
        }

        StringBuilder upper = new(text.Length);
        foreach (string codePoint in CodePoints.Of(text))
        {
            upper.Append(UpperExpansions.TryGetValue(codePoint[0], out string? expansion) ? expansion : codePoint.ToUpperInvariant());
        }

        return upper.ToString();
    }

    /// <summary><c>str.lower</c>.</summary>
    public static string Lower(string text)
    {
        if (Ascii.IsValid(text))
        {
            return text.ToLowerInvariant();
        }

        StringBuilder lower = new(text.Length);
        for (int unit = 0; unit < text.Length; unit += CodePoints.UnitsAt(text, unit))
        {
            lower.Append(LowerAt(text, unit));
        }

        return lower.ToString();
    }

    /// <summary><c>str.title</c>: every run of letters begins with a capital.</summary>
    public static string Title(string text)
    {
        StringBuilder title = new(text.Length);
        bool inWord = false;
        for (int unit = 0; unit < text.Length; unit += CodePoints.UnitsAt(text, unit))
        {
            string codePoint = text.Substring(unit, CodePoints.UnitsAt(text, unit));
            title.Append(inWord ? LowerAt(text, unit) : Capital(codePoint));
            inWord = IsCased(codePoint);
        }

        return title.ToString();
    }

    /// <summary><c>str.capitalize</c>: the first letter is a capital, the others are not.</summary>
    public static string Capitalize(string text)
    {
        string first = CodePoints.Of(text).FirstOrDefault("");
        return Capital(first) + Lower(text)[Lower(first).Length..];
    }

    /// <summary><c>str.swapcase</c>.</summary>
    public static string Swap(string text)
    {
        StringBuilder swapped = new(text.Length);
        for (int unit = 0; unit < text.Length; unit += CodePoints.UnitsAt(text, unit))
        {
            string codePoint = text.Substring(unit, CodePoints.UnitsAt(text, unit));
            string upper = Upper(codePoint);
            swapped.Append(upper == codePoint ? LowerAt(text, unit) : upper);
        }

        return swapped.ToString();
    }

    /// <summary>Whether a code point is a letter with case.</summary>
    public static bool IsCased(string codePoint) => Upper(codePoint) != codePoint || Lower(codePoint) != codePoint;

    /// <summary>The small form of the code point that begins at a UTF-16 unit; that of a sigma depends on what is around it.</summary>
    private static string LowerAt(string text, int unit) => text[unit] switch
    {
        '\u0130' => "i\u0307",
        '\u03A3' => EndsWord(text, unit) ? "\u03C2" : "\u03C3",
        _ => text.Substring(unit, CodePoints.UnitsAt(text, unit)).ToLowerInvariant(),
    };

    private static string Capital(string codePoint)
    {
        string upper = Upper(codePoint);
        return upper.Length > 1 && !char.IsSurrogate(upper[0]) ? upper[..1] + Lower(upper[1..]) : upper;
    }

    /// <summary>Whether a capital sigma becomes the final form: a letter stands before it and none behind.</summary>
    private static bool EndsWord(string text, int position) =>
        position > 0 && char.IsLetter(text[position - 1]) && (position + 1 == text.Length || !char.IsLetter(text[position + 1]));
}
