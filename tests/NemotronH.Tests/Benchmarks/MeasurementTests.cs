using NemotronH.Benchmarks;

namespace NemotronH.Tests.Benchmarks;

public sealed class MeasurementTests
{
    [Theory]
    [InlineData(new[] { 3.0 }, 3, 3, 3, 0)]
    [InlineData(new[] { 5.0, 1, 3 }, 3, 1, 5, 2 / 3.0)]
    [InlineData(new[] { 4.0, 1, 2, 8 }, 3, 1, 8, 3.5 / 3)]
    public void Median_and_extremes_are_taken_whatever_the_order(double[] samples, double median, double min, double max, double spread)
    {
        var measurement = Measurement.Of(samples);

        Assert.Equal(new Measurement(median, min, max), measurement);
        Assert.Equal(spread, measurement.Spread, 12);
    }

    [Fact]
    public void No_samples_are_refused() => Assert.Throws<ArgumentException>(() => Measurement.Of([]));
}
