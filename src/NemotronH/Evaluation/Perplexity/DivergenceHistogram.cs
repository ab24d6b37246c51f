namespace NemotronH.Evaluation.Perplexity;

/// <summary>Counts divergences in ranges that are the same for every run: four to a power of ten from 1e-10 to 100 nats.</summary>
internal static class DivergenceHistogram
{
    private const int PerDecade = 4;
    private const int Lowest = -10;
    private const int Highest = 2;

    /// <summary>The ranges between the first and the last that hold a token; the first begins at 0, the last has no end but a large number.</summary>
    public static HistogramBin[] Of(IEnumerable<double> divergences)
    {
        IEnumerable<int> steps = Enumerable.Range(0, ((Highest - Lowest) * PerDecade) + 1);
        double[] edges = [0, .. steps.Select(step => Math.Pow(10, Lowest + (step / (double)PerDecade))), double.MaxValue];
        var counts = new int[edges.Length - 1];
        foreach (double divergence in divergences)
        {
            int index = Array.BinarySearch(edges, divergence);
            counts[index >= 0 ? index : ~index - 1]++;
        }

        HistogramBin[] bins = [.. counts.Select((count, i) => new HistogramBin(edges[i], edges[i + 1], count))];
        int first = Array.FindIndex(bins, bin => bin.Tokens > 0);
        return bins[first..(Array.FindLastIndex(bins, bin => bin.Tokens > 0) + 1)];
    }
}
