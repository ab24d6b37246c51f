namespace NemotronH.Text.Tokenization;

/// <summary>Which characters are alike where Oniguruma ignores the case of ASCII.</summary>
/// <remarks>It follows Unicode's CaseFolding.txt, where .NET's regexes know only upper and lower case: ſ is an s to it.</remarks>
internal static class CaseFolding
{
    private static readonly string[] Ligatures = ["ff", "fi", "fl", "ss", "st"];

    /// <summary>All forms of an ASCII character.</summary>
    public static string Forms(char ascii) => char.ToLowerInvariant(ascii) switch
    {
        'k' => "kK\u212A",
        's' => "sS\u017F",
        var lower when char.IsAsciiLetter(lower) => $"{lower}{char.ToUpperInvariant(lower)}",
        var other => other.ToString(),
    };

    /// <summary>Whether one character, such as ß or ﬁ, may stand for two letters.</summary>
    public static bool IsLigature(char first, char second) => Ligatures.Contains($"{first}{second}");
}
