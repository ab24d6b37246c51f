using FsCheck;
using FsCheck.Fluent;
using NemotronH.Evaluation.Perplexity;

namespace NemotronH.Tests.Evaluation.Perplexity;

public sealed class SlidingWindowTests
{
    [Theory]
    [InlineData(10, 4, 2, "0-4@1 2-6@4 4-8@6 6-10@8")]
    [InlineData(9, 4, 2, "0-4@1 2-6@4 4-8@6 6-9@8")]
    [InlineData(9, 4, 4, "0-4@1 4-8@5")]
    [InlineData(10, 4, 4, "0-4@1 4-8@5 8-10@9")]
    [InlineData(3, 8, 4, "0-3@1")]
    [InlineData(2, 2, 1, "0-2@1")]
    [InlineData(4, 2, 1, "0-2@1 1-3@2 2-4@3")]
    [InlineData(1, 4, 2, "")]
    public void Windows_are_those_of_the_definition(int tokens, int window, int stride, string expected) =>
        Assert.Equal(expected, string.Join(' ', SlidingWindow.Cover(tokens, window, stride).Select(w => $"{w.Begin}-{w.End}@{w.FirstScored}")));

    [Fact]
    public void Overlapping_windows_score_every_token_but_the_first_once_and_with_enough_before_it()
    {
        Gen<(int, int, int)> texts =
            from tokens in Gen.Choose(2, 300)
            from window in Gen.Choose(2, 60)
            from stride in Gen.Choose(1, window - 1)
            select (tokens, window, stride);
        Prop.ForAll(texts.ToArbitrary(), text =>
        {
            (int tokens, int window, int stride) = text;
            SlidingWindow[] windows = [.. SlidingWindow.Cover(tokens, window, stride)];
            return windows.SelectMany(w => Enumerable.Range(w.FirstScored, w.ScoredCount)).SequenceEqual(Enumerable.Range(1, tokens - 1))
                && windows.All(w => w.Length <= window && w.Begin % stride == 0)
                && windows.Skip(1).All(w => w.FirstScored - w.Begin >= window - stride);
        }).QuickCheckThrowOnFailure();
    }
}
