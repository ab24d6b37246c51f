namespace NemotronH.Benchmarks;

/// <summary>Repeated measurements of one time.</summary>
/// <param name="Median">The middle one.</param>
/// <param name="Min">The shortest.</param>
/// <param name="Max">The longest.</param>
public sealed record Measurement(double Median, double Min, double Max)
{
    /// <summary>Half the distance of the extremes, relative to the median.</summary>
    public double Spread => Median > 0 ? (Max - Min) / 2 / Median : 0;

    /// <summary>Summarises repetitions.</summary>
    /// <param name="samples">At least one.</param>
    /// <returns>Their median, shortest and longest.</returns>
    /// <exception cref="ArgumentException">There are none.</exception>
    public static Measurement Of(IReadOnlyCollection<double> samples)
    {
        ArgumentNullException.ThrowIfNull(samples);
        double[] sorted = [.. samples.Order()];
        if (sorted.Length == 0)
        {
            throw new ArgumentException("There are no samples; expected at least one.", nameof(samples));
        }

        return new Measurement((sorted[(sorted.Length - 1) / 2] + sorted[sorted.Length / 2]) / 2, sorted[0], sorted[^1]);
    }
}
