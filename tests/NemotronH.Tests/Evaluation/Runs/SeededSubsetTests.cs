using NemotronH.Evaluation.Runs;

namespace NemotronH.Tests.Evaluation.Runs;

public sealed class SeededSubsetTests
{
    [Theory]
    [InlineData(100, 7)]
    [InlineData(100, 100)]
    [InlineData(5, 9)]
    [InlineData(1, 1)]
    public void Draws_distinct_items_in_order(int count, int limit)
    {
        int[] drawn = SeededSubset.Draw(count, limit, seed: 3);
        Assert.Equal(Math.Min(count, limit), drawn.Length);
        Assert.Equal(drawn.Distinct().Order(), drawn);
        Assert.All(drawn, item => Assert.InRange(item, 0, count - 1));
    }

    [Fact]
    public void The_seed_decides()
    {
        Assert.Equal(SeededSubset.Draw(1319, 20, 5), SeededSubset.Draw(1319, 20, 5));
        Assert.NotEqual(SeededSubset.Draw(1319, 20, 5), SeededSubset.Draw(1319, 20, 6));
    }

    [Fact]
    public void Every_item_is_drawn_about_as_often_as_any_other()
    {
        int[] counts = new int[10];
        foreach (int item in Enumerable.Range(0, 5000).SelectMany(seed => SeededSubset.Draw(10, 3, seed)))
        {
            counts[item]++;
        }

        // 1500 expected; the deviation is 32.
        Assert.All(counts, count => Assert.InRange(count, 1500 - 160, 1500 + 160));
    }

    [Fact]
    public void Without_a_limit_all_are_taken() => Assert.Equal([0, 1, 2], SeededSubset.Draw(3, null, 1));
}
