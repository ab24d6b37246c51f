using NemotronH.Evaluation.Scoring;

namespace NemotronH.Tests.Evaluation.Scoring;

public sealed class StatisticsTests
{
    [Fact]
    public void The_standard_error_is_that_of_a_worked_example()
    {
        // 2, 4, 4, 4, 5, 5, 7, 9: sum of squared deviations 32, so √(32 / 7 / 8).
        Assert.Equal(Math.Sqrt(4 / 7.0), Statistics.StandardError([2, 4, 4, 4, 5, 5, 7, 9])!.Value, 12);
        Assert.Null(Statistics.StandardError([1.0]));
    }

    [Theory]
    [InlineData(3, 10)]
    [InlineData(0, 4)]
    [InlineData(660, 1319)]
    public void A_proportion_is_a_mean_of_zeros_and_ones(int right, int count)
    {
        double[] values = [.. Enumerable.Range(0, count).Select(i => i < right ? 1.0 : 0.0)];
        Assert.Equal(Statistics.StandardError(values)!.Value, Statistics.StandardError((double)right / count, count)!.Value, 12);
        Assert.Null(Statistics.StandardError(1, 1));
    }

    [Fact]
    public void The_pooled_error_is_lm_evals_formula_over_the_groups_errors()
    {
        (double Proportion, int Count)[] groups = [(0.25, 8), (0.6, 5), (1, 3)];
        double variance = groups.Sum(g => (g.Count - 1) * Math.Pow(Statistics.StandardError(g.Proportion, g.Count)!.Value, 2) * g.Count) / (16 - 3);
        Assert.Equal(Math.Sqrt(variance / 16), Statistics.PooledStandardError(groups)!.Value, 12);
        Assert.Null(Statistics.PooledStandardError([(1, 1), (0, 1)]));
    }

    [Theory]
    [InlineData(0.5, 2.5)]
    [InlineData(0, 1)]
    [InlineData(1, 4)]
    [InlineData(0.99, 3.97)]
    [InlineData(1.0 / 3, 2)]
    public void Quantiles_lie_between_the_values_around_them(double probability, double expected) =>
        Assert.Equal(expected, Statistics.Quantile([1, 2, 3, 4], probability), 12);
}
