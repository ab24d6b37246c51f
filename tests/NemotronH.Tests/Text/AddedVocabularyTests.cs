using NemotronH.Text.Tokenization;

namespace NemotronH.Tests.Text;

public sealed class AddedVocabularyTests
{
    [Theory]
    [InlineData("<s>x</s>", "[<s>] x [</s>]")]
    [InlineData("<s><s>", "[<s>] [<s>]")]
    [InlineData("a<tool_call>b<tool_call_end>", "a [<tool_call>] b [<tool_call_end>]")]
    [InlineData("<tool_cal", "<tool_cal")]
    [InlineData("", "")]
    public void The_leftmost_and_then_the_longest_token_is_found(string text, string pieces) =>
        Assert.Equal(pieces, Split(text, ("<s>", ""), ("</s>", ""), ("<tool_call>", ""), ("<tool_call", ""), ("<tool_call_end>", "")));

    [Theory]
    [InlineData("aab", "a [ab]")]
    [InlineData("abab", "[ab] [ab]")]
    [InlineData("abcd", "[abcd]")]
    [InlineData("abc", "[ab] c")]
    [InlineData("bcab", "b c [ab]")]
    public void A_token_that_begins_earlier_wins_over_a_longer_one(string text, string pieces) =>
        Assert.Equal(pieces.Replace("b c", "bc", StringComparison.Ordinal), Split(text, ("ab", ""), ("abcd", ""), ("bcdefgh", "")));

    [Theory]
    [InlineData("<mask> My name <mask> A<mask> <mask>ony <mask>", "[<mask>]  My name  [<mask>]  A<mask> <mask>ony  [<mask>]")]
    [InlineData("<mask>, <mask>- ◌̰<mask>", "[<mask>] ,  [<mask>] - ◌̰<mask>")]
    [InlineData("Ⓐ<mask>", "Ⓐ<mask>")]
    [InlineData("☃<mask>☃", "☃ [<mask>] ☃")]
    [InlineData("𐌰<mask>", "𐌰<mask>")]
    [InlineData("_<mask>", "_<mask>")]
    [InlineData("<mask>\u200D", "<mask>\u200D")]
    public void A_single_word_stands_alone(string text, string pieces) => Assert.Equal(pieces, Split(text, ("<mask>", "single_word")));

    [Fact]
    public void Stripping_swallows_white_space_of_any_kind_once()
    {
        const string Masks = "Hi <mask> there\t<mask>\t<mask>\u2000";
        Assert.Equal("Hi [<mask>] there [<mask>] [<mask>]", Split(Masks, ("<mask>", "lstrip rstrip single_word")));
        Assert.Equal("a \u00A0 [<l>]  b", Split("a \u00A0<l> b", ("<l>", "")));
        Assert.Equal("a [<l>]  b", Split("a \u00A0\u3000\n<l> b", ("<l>", "lstrip")));
        Assert.Equal("a  [<r>] b", Split("a <r> \u0085\u2028b", ("<r>", "rstrip")));
        Assert.Equal("[<r>] [<l>]", Split("<r>  <l>", ("<r>", "rstrip"), ("<l>", "lstrip")));
    }

    [Fact]
    public void Swallowed_white_space_is_still_searched_for_tokens() =>
        Assert.Equal("[<r>] [ ] [ ] b", Split("<r>  b", ("<r>", "rstrip"), (" ", "")));

    [Fact]
    public void Tokens_that_are_not_normalized_come_first()
    {
        Assert.Equal("<x [y] >", Split("<xy>", ("<xy>", "normalized"), ("y", "")));
        Assert.Equal("[<xy>]", Split("<xy>", ("<xy>", ""), ("y", "normalized")));
        Assert.Equal("[<xy>] [y]", Split("<xy>y", ("<xy>", ""), ("y", "normalized")));
    }

    private static string Split(string text, params (string Content, string Flags)[] tokens)
    {
        AddedToken[] added = [.. tokens.Select((token, id) => Token(token.Content, id, token.Flags))];
        List<TextPiece> pieces = new AddedVocabulary(added).Split(text);
        return string.Join(' ', pieces.Select(piece => piece.TokenId is int id ? $"[{added[id].Content}]" : piece.Text.ToString()));
    }

    private static AddedToken Token(string content, int id, string flags)
    {
        string[] set = flags.Split(' ');
        return new AddedToken(
            content,
            id,
            Special: false,
            SingleWord: set.Contains("single_word"),
            LeftStrip: set.Contains("lstrip"),
            RightStrip: set.Contains("rstrip"),
            Normalized: set.Contains("normalized"));
    }
}
