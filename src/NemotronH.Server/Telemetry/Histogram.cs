namespace NemotronH.Server.Telemetry;

/// <summary>Counts values by size, as Prometheus' histograms do.</summary>
/// <param name="bounds">Upper bounds of the buckets, ascending; one more bucket takes what is larger.</param>
internal sealed class Histogram(params double[] bounds)
{
    private readonly Lock _lock = new();
    private readonly long[] _counts = new long[bounds.Length + 1];
    private double _sum;

    /// <summary>Upper bounds of the buckets.</summary>
    internal IReadOnlyList<double> Bounds => bounds;

    /// <summary>Adds a value.</summary>
    /// <param name="value">The value.</param>
    /// <param name="times">How often.</param>
    internal void Observe(double value, long times = 1)
    {
        int bucket = Array.FindIndex(bounds, bound => value <= bound);
        lock (_lock)
        {
            _counts[bucket < 0 ? bounds.Length : bucket] += times;
            _sum += times * value;
        }
    }

    /// <summary>The buckets' counts, each on its own, and the sum of all values.</summary>
    internal (long[] Counts, double Sum) Read()
    {
        lock (_lock)
        {
            return ([.. _counts], _sum);
        }
    }
}
