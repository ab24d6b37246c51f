using NemotronH.Generation;

namespace NemotronH.Evaluation.Runs;

/// <summary>Draws some of many items, the same ones everywhere for the same seed.</summary>
internal static class SeededSubset
{
    /// <summary>Draws without replacement.</summary>
    /// <param name="count">Number of items.</param>
    /// <param name="limit">How many to draw; <see langword="null"/> or more than there are takes all.</param>
    /// <param name="seed">Seed of the draw.</param>
    /// <returns>Indices in ascending order.</returns>
    public static int[] Draw(int count, int? limit, long seed)
    {
        int[] items = [.. Enumerable.Range(0, count)];
        int drawn = Math.Min(limit ?? count, count);
        var random = new SplitMix64((ulong)seed);
        for (int i = 0; i < drawn && drawn < count; i++)
        {
            int other = i + (int)(random.NextDouble() * (count - i));
            (items[i], items[other]) = (items[other], items[i]);
        }

        Array.Sort(items, 0, drawn);
        return items[..drawn];
    }
}
