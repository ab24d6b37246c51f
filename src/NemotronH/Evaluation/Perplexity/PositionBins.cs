namespace NemotronH.Evaluation.Perplexity;

/// <summary>Cuts the positions of a window into a few ranges of equal length, for curves over the length of the context.</summary>
/// <param name="window">W: tokens in a window.</param>
internal sealed class PositionBins(int window)
{
    private const int MaxBins = 32;

    /// <summary>Number of ranges.</summary>
    public int Count { get; } = Math.Min(MaxBins, window - 1);

    /// <summary>Range that a position is in.</summary>
    /// <param name="offset">Tokens before it in its window, from 1 to W − 1.</param>
    public int IndexOf(int offset) => (int)((long)(offset - 1) * Count / (window - 1));

    /// <summary>First offset of a range; that of the range behind the last is W.</summary>
    public int FirstOffset(int bin) => 1 + (int)(((long)bin * (window - 1) + Count - 1) / Count);

    /// <summary>Averages what was measured at each position over the ranges.</summary>
    /// <param name="windows">The windows.</param>
    /// <param name="series">For each window, the same number of series with a value for each scored position.</param>
    /// <returns>The ranges that have values: first and last offset, number of positions, and the mean of each series.</returns>
    public IEnumerable<(int First, int Last, int Tokens, double[] Means)> Average(
        IEnumerable<SlidingWindow> windows, IEnumerable<IReadOnlyList<double>[]> series)
    {
        var bins = new (int Tokens, double[] Sums)[Count];
        foreach ((SlidingWindow place, IReadOnlyList<double>[] values) in windows.Zip(series))
        {
            for (int i = 0; i < values[0].Count; i++)
            {
                ref (int Tokens, double[] Sums) bin = ref bins[IndexOf(place.FirstScored - place.Begin + i)];
                bin.Tokens++;
                bin.Sums ??= new double[values.Length];
                for (int j = 0; j < values.Length; j++)
                {
                    bin.Sums[j] += values[j][i];
                }
            }
        }

        return bins.Index().Where(bin => bin.Item.Tokens > 0).Select(bin => (
            FirstOffset(bin.Index),
            FirstOffset(bin.Index + 1) - 1,
            bin.Item.Tokens,
            Array.ConvertAll(bin.Item.Sums, sum => sum / bin.Item.Tokens)));
    }
}
