using System.Globalization;
using NemotronH.Text.Templates.Python;
using NemotronH.Text.Templates.Values;

namespace NemotronH.Text.Templates.Builtins;

/// <summary>Methods of texts that change case or tell what kinds of characters a text has.</summary>
internal static class StringCaseMethods
{
    public static readonly IReadOnlyDictionary<string, StringMethod> All = new Dictionary<string, StringMethod>
    {
        ["capitalize"] = (text, _, _) => new StringValue(PythonCase.Capitalize(text)),
        ["casefold"] = (text, _, _) => new StringValue(PythonCase.Lower(PythonCase.Upper(text)).Replace('\u03C2', '\u03C3')),
        ["lower"] = (text, _, _) => new StringValue(PythonCase.Lower(text)),
        ["swapcase"] = (text, _, _) => new StringValue(PythonCase.Swap(text)),
        ["title"] = (text, _, _) => new StringValue(PythonCase.Title(text)),
        ["upper"] = (text, _, _) => new StringValue(PythonCase.Upper(text)),
        ["isalnum"] = (text, _, _) => AllOf(text, codePoint => IsLetter(codePoint) || IsNumeric(codePoint)),
        ["isalpha"] = (text, _, _) => AllOf(text, IsLetter),
        ["isascii"] = (text, _, _) => BooleanValue.Of(System.Text.Ascii.IsValid(text)),
        ["isdecimal"] = (text, _, _) => AllOf(text, codePoint => CharUnicodeInfo.GetDecimalDigitValue(codePoint, 0) >= 0),
        ["isdigit"] = (text, _, _) => AllOf(text, codePoint => CharUnicodeInfo.GetDigitValue(codePoint, 0) >= 0),
        ["isnumeric"] = (text, _, _) => AllOf(text, IsNumeric),
        ["isprintable"] = (text, _, _) => BooleanValue.Of(CodePoints.Of(text).All(codePoint => PythonString.IsPrintable(CodePoints.ValueAt(codePoint, 0)))),
        ["isspace"] = (text, _, _) => AllOf(text, codePoint => PythonString.IsSpace(codePoint[0])),
        ["islower"] = (text, _, _) => BooleanValue.Of(IsLower(text)),
        ["isupper"] = (text, _, _) => BooleanValue.Of(IsUpper(text)),
        ["istitle"] = (text, _, _) => BooleanValue.Of(CodePoints.Of(text).Any(PythonCase.IsCased) && PythonCase.Title(text) == text),
    };

    /// <summary>Whether a text has letters with case, all of them small.</summary>
    public static bool IsLower(string text) => CodePoints.Of(text).Any(PythonCase.IsCased) && PythonCase.Lower(text) == text;

    /// <summary>Whether a text has letters with case, all of them capital.</summary>
    public static bool IsUpper(string text) => CodePoints.Of(text).Any(PythonCase.IsCased) && PythonCase.Upper(text) == text;

    private static BooleanValue AllOf(string text, Func<string, bool> holds) => BooleanValue.Of(text.Length > 0 && CodePoints.Of(text).All(holds));

    private static bool IsLetter(string codePoint) => char.IsLetter(codePoint, 0);

    private static bool IsNumeric(string codePoint) => CharUnicodeInfo.GetNumericValue(codePoint, 0) != -1;
}
