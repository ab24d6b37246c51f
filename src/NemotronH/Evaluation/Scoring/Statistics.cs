namespace NemotronH.Evaluation.Scoring;

/// <summary>Means, their standard errors and quantiles.</summary>
internal static class Statistics
{
    /// <summary>The standard error of the mean of independent values: s/√n with the sample deviation s; of one value there is none.</summary>
    public static double? StandardError(IReadOnlyCollection<double> values)
    {
        if (values.Count < 2)
        {
            return null;
        }

        double mean = values.Average();
        return Math.Sqrt(values.Sum(value => (value - mean) * (value - mean)) / (values.Count - 1) / values.Count);
    }

    /// <summary>The standard error of a proportion: √(p(1−p)/(n−1)), that of the mean of zeros and ones.</summary>
    public static double? StandardError(double proportion, int count) =>
        count < 2 ? null : Math.Sqrt(proportion * (1 - proportion) / (count - 1));

    /// <summary>
    /// The standard error of the proportion over all of several groups, from the variance within them: √(Σ nᵢpᵢ(1−pᵢ)/(N−k)/N) for k groups of N
    /// in all. lm-eval-harness states it so for groups of tasks.
    /// </summary>
    public static double? PooledStandardError(IReadOnlyCollection<(double Proportion, int Count)> groups)
    {
        int total = groups.Sum(group => group.Count);
        double squares = groups.Sum(group => group.Count * group.Proportion * (1 - group.Proportion));
        return total == groups.Count ? null : Math.Sqrt(squares / (total - groups.Count) / total);
    }

    /// <summary>A quantile, interpolated linearly between the two values around it (type 7 of Hyndman and Fan, 1996).</summary>
    /// <param name="sorted">Values in ascending order, at least one.</param>
    /// <param name="probability">From 0 to 1.</param>
    public static double Quantile(IReadOnlyList<double> sorted, double probability)
    {
        double position = probability * (sorted.Count - 1);
        int below = (int)position;
        int above = Math.Min(below + 1, sorted.Count - 1);
        return sorted[below] + ((position - below) * (sorted[above] - sorted[below]));
    }
}
