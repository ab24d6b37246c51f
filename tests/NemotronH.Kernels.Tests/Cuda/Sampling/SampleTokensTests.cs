using NemotronH.Kernels.Cuda;
using static TorchSharp.torch;

namespace NemotronH.Kernels.Tests.Cuda.Sampling;

public sealed class SampleTokensTests
{
    private const int Draws = 1500;

    /// <summary>Logits of a distribution with probabilities 1/10, 4/10, 2/10, 2/10, 1/10 at temperature 1.</summary>
    private static readonly float[] Logits = [0, MathF.Log(4), MathF.Log(2), MathF.Log(2), 0];

    public static TheoryData<double, int, double, double, double[]> Filters => new()
    {
        { 1, 0, 1, 0, [0.1, 0.4, 0.2, 0.2, 0.1] },
        { 0.5, 0, 1, 0, [1 / 26.0, 16 / 26.0, 4 / 26.0, 4 / 26.0, 1 / 26.0] },
        { 1, 2, 1, 0, [0, 4 / 6.0, 2 / 6.0, 0, 0] },
        { 1, 0, 0.55, 0, [0, 4 / 6.0, 2 / 6.0, 0, 0] },
        { 1, 3, 0.74, 0, [0, 4 / 6.0, 2 / 6.0, 0, 0] },
        { 1, 0, 0.85, 0, [1 / 9.0, 4 / 9.0, 2 / 9.0, 2 / 9.0, 0] },
        { 1, 0, 1, 0.4, [0, 0.5, 0.25, 0.25, 0] },
        { 1, 0, 0.01, 0, [0, 1, 0, 0, 0] },
        { 0, 0, 1, 0, [0, 1, 0, 0, 0] },
    };

    [Theory]
    [MemberData(nameof(Filters))]
    public void The_reference_draws_from_the_filtered_distribution(
        double temperature, int topK, double topP, double minP, double[] expected)
    {
        using var scope = NewDisposeScope();
        using SamplingRows rows = Rows(temperature, topK, topP, minP);
        int[] counts = new int[5];
        foreach (int token in SampleTokensReference.Sample(tensor(Logits).expand(Draws, 5), rows))
        {
            counts[token]++;
        }

        // Five standard deviations of a binomial count.
        Assert.All(expected.Zip(counts), pair => Assert.InRange(
            Math.Abs(pair.Second - (pair.First * Draws)), 0, 5 * Math.Sqrt(Draws * pair.First * (1 - pair.First)) + 1e-9));
    }

    /// <summary>Outputs for the seed 1234567 as published with the generator's test programs.</summary>
    [Theory]
    [InlineData(0, 6457827717110365317)]
    [InlineData(1, 3203168211198807973)]
    [InlineData(2, 9817491932198370423)]
    public void The_random_numbers_are_those_of_SplitMix64(ulong draws, ulong output) =>
        Assert.Equal((output >> 11) / (double)(1UL << 53), SampleTokensReference.RandomDouble(1234567, draws));

    [Fact]
    public void Logits_that_are_not_finite_give_no_token()
    {
        using var scope = NewDisposeScope();
        using SamplingRows rows = SamplingRows.Greedy(2, CPU);
        Tensor logits = tensor(new[] { 1, float.NaN, 0, float.NegativeInfinity }).view(2, 2);
        Assert.Equal([-1, -1], SampleTokensReference.Sample(logits, rows));
    }

    [Theory]
    [InlineData(9, 0, 8)]
    [InlineData(12, 0, 8)]
    [InlineData(8, 9, 1)]
    public void Clusters_are_used_where_they_exist(int major, int minor, int cluster) =>
        Assert.Equal(cluster, SampleTokens.Cluster(new Version(major, minor)));

    [Theory]
    [InlineData(0)]
    [InlineData(300_000)]
    public void A_vocabulary_out_of_range_is_refused(int vocabulary)
    {
        string expected = $"The vocabulary has {vocabulary} tokens; expected 1 to 262144.";
        Assert.StartsWith(expected, Assert.Throws<ArgumentException>(() => new SampleTokens(null!, 1, vocabulary)).Message);
    }

    private static SamplingRows Rows(double temperature, int topK, double topP, double minP) => new(
        full(Draws, temperature, ScalarType.Float64),
        full(Draws, topK, ScalarType.Int32),
        full(Draws, topP, ScalarType.Float64),
        full(Draws, minP, ScalarType.Float64),
        full(Draws, 17, ScalarType.Int64),
        arange(Draws, dtype: ScalarType.Int64));
}
