using FsCheck;
using FsCheck.Fluent;
using NemotronH.Text;

namespace NemotronH.Tests.Text;

public sealed class StopStringMatcherTests
{
    [Fact]
    public void However_the_text_is_cut_the_outcome_is_that_of_the_definition()
    {
        Prop.ForAll(Gen.Choose(0, int.MaxValue).ToArbitrary(), seed =>
        {
            Random random = new(seed);
            string[] stops = [.. Enumerable.Range(0, random.Next(4)).Select(_ => RandomLetters(random, 1 + random.Next(5)))];
            string text = RandomLetters(random, random.Next(20));
            (string expected, string? matched) = Define(text, stops);
            Assert.Equal((expected, matched), Run(stops, Cut(text, random)));
        }).Check(Config.QuickThrowOnFailure.WithMaxTest(20_000));
    }

    [Fact]
    public void A_text_may_be_cut_at_any_place()
    {
        const string Text = "one two<|im_end|>three";
        for (int at = 0; at <= Text.Length; at++)
        {
            Assert.Equal(("one two", "<|im_end|>"), Run(["zwei", "<|im_end|>"], [Text[..at], Text[at..]]));
        }

        Assert.Equal(("one two", "<|im_end|>"), Run(["<|im_end|>"], Text.Select(letter => letter.ToString())));
    }

    [Fact]
    public void Nothing_is_held_back_but_the_beginning_of_a_stop_string()
    {
        Prop.ForAll(Gen.Choose(0, int.MaxValue).ToArbitrary(), seed =>
        {
            Random random = new(seed);
            string[] stops = ["aab", "bb", "cabc"];
            StopStringMatcher matcher = new(stops);
            string fed = "";
            string given = "";
            foreach (string piece in Cut(RandomLetters(random, 20), random))
            {
                fed += piece;
                given += matcher.Append(piece);
                string held = fed[given.Length..];
                bool mayBegin = stops.Any(stop => stop.Length > held.Length && stop.StartsWith(held, StringComparison.Ordinal));
                Assert.True(matcher.Matched is not null || mayBegin);
            }
        }).Check(Config.QuickThrowOnFailure.WithMaxTest(5_000));
    }

    [Fact]
    public void Once_stopped_a_matcher_gives_nothing_more()
    {
        StopStringMatcher matcher = new(["."]);
        Assert.Equal("a", matcher.Append("a.b"));
        Assert.Equal(".", matcher.Matched);
        Assert.Equal("", matcher.Append("c"));
        Assert.Equal("", matcher.Flush());
    }

    [Fact]
    public void What_was_held_back_for_nothing_is_given_at_the_end()
    {
        StopStringMatcher matcher = new(["<end>"]);
        Assert.Equal("a", matcher.Append("a<en"));
        Assert.Equal("<en", matcher.Flush());
        Assert.Null(matcher.Matched);
    }

    [Fact]
    public void An_empty_stop_string_is_refused()
    {
        ArgumentException e = Assert.Throws<ArgumentException>(() => new StopStringMatcher(["a", ""]));
        Assert.StartsWith("A stop string is empty.", e.Message, StringComparison.Ordinal);
    }

    /// <summary>Reads on letter by letter until the text ends with a stop string, the longest of those that it ends with.</summary>
    private static (string Text, string? Matched) Define(string text, string[] stops)
    {
        for (int length = 1; length <= text.Length; length++)
        {
            string? stop = stops.Where(stop => text[..length].EndsWith(stop, StringComparison.Ordinal)).MaxBy(stop => stop.Length);
            if (stop is not null)
            {
                return (text[..(length - stop.Length)], stop);
            }
        }

        return (text, null);
    }

    private static (string Text, string? Matched) Run(string[] stops, IEnumerable<string> pieces)
    {
        StopStringMatcher matcher = new(stops);
        string text = string.Concat(pieces.Select(matcher.Append).ToArray());
        return (text + matcher.Flush(), matcher.Matched);
    }

    private static IEnumerable<string> Cut(string text, Random random)
    {
        for (int at = 0; at < text.Length;)
        {
            int length = Math.Min(random.Next(5), text.Length - at);
            yield return text[at..(at + length)];
            at += length;
        }
    }

    private static string RandomLetters(Random random, int length) =>
        string.Concat(Enumerable.Range(0, length).Select(_ => "abc"[random.Next(3)]));
}
