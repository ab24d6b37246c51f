using NemotronH.Checkpoints.Synthetic;

namespace NemotronH.Tests.Checkpoints.Synthetic;

public sealed class NormalQuantileTests
{
    /// <summary>Values as statistical tables print them.</summary>
    [Theory]
    [InlineData(0.5, 0)]
    [InlineData(0.841344746068543, 1)]
    [InlineData(0.975, 1.959963984540054)]
    [InlineData(0.99, 2.326347874040841)]
    [InlineData(0.0013498980316301, -3)]
    [InlineData(1e-9, -5.997807015007687)]
    [InlineData(1e-12, -7.034483825301132)]
    public void Values_are_those_of_the_tables(double probability, double value) => Assert.Equal(value, NormalQuantile.At(probability), 1e-6);

    [Fact]
    public void The_integral_of_the_density_up_to_a_quantile_is_its_probability()
    {
        for (double probability = 0.5005; probability < 1; probability += 0.001)
        {
            Assert.Equal(probability, 0.5 + DensityIntegral(NormalQuantile.At(probability)), 1e-7);
            Assert.Equal(-NormalQuantile.At(probability), NormalQuantile.At(1 - probability), 1e-9);
        }
    }

    /// <summary>Integral of the standard normal density from 0 to a bound, by Simpson's rule.</summary>
    private static double DensityIntegral(double bound)
    {
        const int Intervals = 400;
        double sum = 0;
        for (int i = 0; i <= Intervals; i++)
        {
            double x = bound * i / Intervals;
            double weight = i is 0 or Intervals ? 1 : i % 2 == 1 ? 4 : 2;
            sum += weight * Math.Exp(-x * x / 2);
        }

        return sum * bound / (3 * Intervals) / Math.Sqrt(2 * Math.PI);
    }
}
