using System.Text.RegularExpressions;
using FsCheck;
using FsCheck.Fluent;
using NemotronH.Text;
using NemotronH.Text.Tokenization;

namespace NemotronH.Tests.Text;

public sealed class RegexSplitterTests
{
    private const string Llama3 =
        @"(?i:'s|'t|'re|'ve|'m|'ll|'d)|[^\r\n\p{L}\p{N}]?\p{L}+|\p{N}{1,3}| ?[^\s\p{L}\p{N}]+[\r\n]*|\s*[\r\n]+|\s+(?!\S)|\s+";

    private static readonly RegexSplitter Tekken = new(OnigurumaPattern.Translate(TokenizerJson.Tekken));

    [Fact]
    public void The_Tekken_regex_sees_code_points()
    {
        Prop.ForAll(Gen.Choose(0, int.MaxValue).ToArbitrary(), seed =>
        {
            string text = RandomText.Next(new Random(seed), bits: 20);
            Assert.Equal(TekkenWalker.Split(text), Split(Tekken, text));
        }).Check(Config.QuickThrowOnFailure.WithMaxTest(20_000));
    }

    [Theory]
    [InlineData(TokenizerJson.Tekken)]
    [InlineData(Llama3)]
    [InlineData(@"'s|'t|'re|'ve|'m|'ll|'d| ?\p{L}+| ?\p{N}+| ?[^\s\p{L}\p{N}]+|\s+(?!\S)|\s+")]
    public void Without_astral_characters_the_cuts_are_those_of_NETs_regex(string pattern)
    {
        // Where case is ignored, .NET does not know that ſ is an s.
        Regex dotNet = new(pattern, RegexOptions.CultureInvariant);
        RegexSplitter splitter = new(OnigurumaPattern.Translate(pattern));
        Prop.ForAll(Gen.Choose(0, int.MaxValue).ToArbitrary(), seed =>
        {
            string text = RandomText.Next(new Random(seed), bits: 20, astral: false).Replace('ſ', 's');
            Assert.Equal(Isolate(dotNet, text), Split(splitter, text));
        }).Check(Config.QuickThrowOnFailure.WithMaxTest(3_000));
    }

    [Theory]
    [InlineData("😀a", "😀a")]
    [InlineData("a😀b", "a|😀b")]
    [InlineData("𝒜𝒷c", "𝒜𝒷c")]
    [InlineData("𐐀𐐨𐐀", "𐐀𐐨|𐐀")]
    [InlineData("𝟘𝟙", "𝟘|𝟙")]
    [InlineData(" 𠀀𠀁 😀😀\n/x", " 𠀀𠀁| 😀😀\n/|x")]
    public void Astral_characters_are_cut_by_their_category(string text, string pieces) =>
        Assert.Equal(pieces, string.Join('|', Split(Tekken, text)));

    [Theory]
    [InlineData(@"a++b", "aaab", "aaab")]
    [InlineData(@"(?:a++ab|b)", "aaab", "aaa|b")]
    [InlineData(@"a?+a", "aa", "aa")]
    [InlineData(@"a*+", "aab", "aa|b")]
    [InlineData(@"a{2}+", "aaaaa", "aaaa|a")]
    [InlineData(@"a{,2}b", "aaab", "a|aab")]
    [InlineData(@"a{2,}", "abaaa", "ab|aaa")]
    [InlineData(@"a+?", "aa", "a|a")]
    [InlineData(@"(a|b)c", "acbcc", "ac|bc|c")]
    [InlineData(@"(?<=a)b(?!c)", "abcab", "abca|b")]
    [InlineData(@"(?<!a)(?>b+)(?=c)", "abbc", "ab|b|c")]
    [InlineData(@"[a-c\-\]/]+", "xab-]/y", "x|ab-]/|y")]
    [InlineData(@"[\p{Lu}\d]+[^\S\n]", "aB1 \n", "a|B1 |\n")]
    [InlineData(@"[-a]+.", "-ab\n", "-ab|\n")]
    [InlineData(@"\x41\x{42}\u0043\.\t", "xABC.\t", "x|ABC.\t")]
    [InlineData(@"(?i:'s|k[ab])", "'S'ſKAkb\u212Aa", "'S|'ſ|KA|kb|\u212Aa")]
    [InlineData("{b", "a{b", "a|{b")]
    [InlineData("\u00e9}", "\u00e9}\u00e9", "\u00e9}|\u00e9")]
    public void Constructs_mean_what_they_mean_to_Oniguruma(string pattern, string text, string pieces) =>
        Assert.Equal(pieces, string.Join('|', Split(new RegexSplitter(OnigurumaPattern.Translate(pattern)), text)));

    [Theory]
    [InlineData(@"^a", "^ here")]
    [InlineData(@"a$", "$ here")]
    [InlineData(@"*a", "* here")]
    [InlineData(@"\w+", @"\w")]
    [InlineData(@"\bx", @"\b")]
    [InlineData(@"(a)\1", @"\1")]
    [InlineData(@"\pL", @"\p without braces")]
    [InlineData(@"\p{Han}", @"\p{Han}")]
    [InlineData(@"[\P{^L}]", @"\P{^L}")]
    [InlineData(@"(?x:a)", "a group other than (…), (?:…), (?i:…), (?>…) and look-around")]
    [InlineData(@"(?<name>a)", "a group other than (…), (?:…), (?i:…), (?>…) and look-around")]
    [InlineData(@"(a", "an unmatched (")]
    [InlineData(@"a)", "an unmatched )")]
    [InlineData(@"[a", "an unfinished construct at its end")]
    [InlineData(@"a\", "an unfinished construct at its end")]
    [InlineData(@"[]a]", "a class that is empty or made of other classes")]
    [InlineData(@"[a[b]]", "a class that is empty or made of other classes")]
    [InlineData(@"[[:alpha:]]", "a class that is empty or made of other classes")]
    [InlineData(@"[a&&b]", "a class that is empty or made of other classes")]
    [InlineData(@"[z-a]", "a range from z")]
    [InlineData(@"[a-\s]", "a range from a")]
    [InlineData(@"a{2}?", "{2}?")]
    [InlineData(@"a{x}", "{ that is not a repetition")]
    [InlineData(@"\x80", "the character code 80")]
    [InlineData(@"\x{1F600}", "the character code 1F600")]
    [InlineData(@"\uD800", "the character code D800")]
    [InlineData(@"\u12", "the character code 12")]
    [InlineData("😀", "a character beyond U+FFFF")]
    [InlineData(@"(?i:é)", "é where case is ignored")]
    [InlineData(@"(?i:\p{L})", @"\p{L} where case is ignored")]
    [InlineData(@"(?i:[a-z])", "a range from a")]
    [InlineData(@"(?i:Stop)", "the letters st where case is ignored")]
    public void What_is_not_translated_is_refused_by_name(string pattern, string construct)
    {
        TokenizerException e = Assert.Throws<TokenizerException>(() => OnigurumaPattern.Translate(pattern));
        Assert.Equal($"The pre-tokenizer's regex {pattern} uses {construct}, which is not supported.", e.Message);
    }

    [Fact]
    public void Groups_nested_too_deep_are_refused()
    {
        string pattern = new string('(', 100_000);
        TokenizerException e = Assert.Throws<TokenizerException>(() => OnigurumaPattern.Translate(pattern));
        Assert.EndsWith("uses more than 100 nested groups, which is not supported.", e.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void A_stand_in_is_never_a_character_that_the_regex_names()
    {
        // Names nearly all unicase letters, but none that is astral.
        RegexSplitter splitter = new(OnigurumaPattern.Translate(@"[\u0100-\uFFF0]"));
        Assert.Equal("𠀀𠀁|中|𠀀", string.Join('|', Split(splitter, "𠀀𠀁中𠀀")));
        RegexSplitter all = new(OnigurumaPattern.Translate(@"[\x00-\uFFFF]"));
        TokenizerException e = Assert.Throws<TokenizerException>(() => Split(all, "a𠀀"));
        Assert.Equal("The pre-tokenizer's regex leaves no character to stand for U+20000 (OtherLetter).", e.Message);
    }

    [Fact]
    public void Text_may_be_split_at_a_literal()
    {
        RegexSplitter splitter = new(OnigurumaPattern.Literal("a.b"));
        Assert.Equal("😀|a.b|axb", string.Join('|', Split(splitter, "😀a.baxb")));
    }

    private static List<string> Split(RegexSplitter splitter, string text)
    {
        List<ReadOnlyMemory<char>> pieces = [];
        splitter.PreTokenize(text.AsMemory(), pieces);
        return [.. pieces.Select(piece => piece.ToString())];
    }

    private static List<string> Isolate(Regex regex, string text)
    {
        List<string> pieces = [];
        int at = 0;
        foreach (Match match in regex.Matches(text))
        {
            pieces.AddRange([text[at..match.Index], match.Value]);
            at = match.Index + match.Length;
        }

        return [.. pieces.Append(text[at..]).Where(piece => piece.Length > 0)];
    }
}
