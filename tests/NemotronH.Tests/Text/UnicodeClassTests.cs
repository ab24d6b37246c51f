using System.Globalization;
using System.Text;
using System.Text.Json;

namespace NemotronH.Tests.Text;

/// <summary>Character classes of Hugging Face's regex engine (<c>tools/make_tokenizer_goldens.py</c>) beside those of .NET.</summary>
public sealed class UnicodeClassTests
{
    private static readonly Dictionary<string, Func<Rune, bool>> Classes = new()
    {
        [@"\p{Lu}"] = rune => Category(rune) == UnicodeCategory.UppercaseLetter,
        [@"\p{Ll}"] = rune => Category(rune) == UnicodeCategory.LowercaseLetter,
        [@"\p{Lt}"] = rune => Category(rune) == UnicodeCategory.TitlecaseLetter,
        [@"\p{Lm}"] = rune => Category(rune) == UnicodeCategory.ModifierLetter,
        [@"\p{Lo}"] = rune => Category(rune) == UnicodeCategory.OtherLetter,
        [@"\p{M}"] = rune => Category(rune)
            is UnicodeCategory.NonSpacingMark or UnicodeCategory.SpacingCombiningMark or UnicodeCategory.EnclosingMark,
        [@"\p{N}"] = Rune.IsNumber,
        [@"\s"] = Rune.IsWhiteSpace,
    };

    /// <summary>The two differ where one knows a newer Unicode, and nowhere else: both only ever name what was unnamed before.</summary>
    [Fact]
    public void Classes_differ_only_where_one_side_knows_no_such_character()
    {
        byte[] json = File.ReadAllBytes(Fixtures.File("tokenizers", "unicode-classes.json"));
        Dictionary<string, int[][]> theirs = JsonSerializer.Deserialize<Dictionary<string, int[][]>>(json)!;
        HashSet<int> unassigned = [.. Members(theirs[@"\p{Cn}"])];
        List<string> differences = [];
        foreach ((string name, Func<Rune, bool> isMember) in Classes)
        {
            HashSet<int> members = [.. Members(theirs[name])];
            differences.AddRange(AllRunes()
                .Where(rune => isMember(rune) != members.Contains(rune.Value))
                .Where(rune => Category(rune) != UnicodeCategory.OtherNotAssigned && !unassigned.Contains(rune.Value))
                .Select(rune => $"{name} U+{rune.Value:X}"));
        }

        Assert.Empty(differences);
    }

    private static UnicodeCategory Category(Rune rune) => Rune.GetUnicodeCategory(rune);

    private static IEnumerable<Rune> AllRunes() => Enumerable.Range(0, 0x110000).Where(Rune.IsValid).Select(value => new Rune(value));

    private static IEnumerable<int> Members(int[][] ranges) =>
        ranges.SelectMany(range => Enumerable.Range(range[0], range[1] - range[0] + 1));
}
