using NemotronH.Kernels.Cuda;
using static TorchSharp.torch;

namespace NemotronH.Kernels.Tests.Cuda.Experts;

public sealed class RouterTopKTests
{
    [Fact]
    public void The_reference_gives_what_the_definition_gives_with_groups_and_ties()
    {
        var random = new Random(3);
        RouterShape shape = new(Hidden: 8, Experts: 12, TopK: 4, Groups: 4, TopGroups: 2, Normalize: true, ScalingFactor: 2.5f);
        float[] hidden = Numbers(5 * 8), weight = Numbers(12 * 8), bias = Numbers(12);
        weight.AsSpan(0, 8).CopyTo(weight.AsSpan(8, 8));
        bias[1] = bias[0];
        using var scope = NewDisposeScope();
        (Tensor ids, Tensor weights) = RouterTopKReference.Route(
            shape, tensor(hidden).view(5, 8), tensor(weight).view(12, 8), tensor(bias));
        for (int row = 0; row < 5; row++)
        {
            int first = row * 8;
            double Logit(int e) => Enumerable.Range(0, 8).Sum(k => (double)hidden[first + k] * weight[(e * 8) + k]);
            double[] scores = [.. Enumerable.Range(0, 12).Select(e => 1 / (1 + Math.Exp(-Logit(e))))];
            double Choice(int e) => (float)(scores[e] + bias[e]);
            double GroupScore(int g) => Enumerable.Range(g * 3, 3).Select(Choice).OrderDescending().Take(2).Sum();
            int[] groups = [.. Enumerable.Range(0, 4).OrderByDescending(GroupScore).Take(2)];
            int[] expected = [.. Enumerable.Range(0, 12).Where(e => groups.Contains(e / 3)).OrderByDescending(Choice).Take(4)];
            Assert.Equal(expected, ids[row].data<long>().ToArray().Select(id => (int)id));
            double sum = expected.Sum(e => scores[e]);
            Assert.All(
                expected.Zip(weights[row].data<float>().ToArray()),
                pair => Assert.Equal(scores[pair.First] / sum * 2.5, pair.Second, 1e-5));
        }

        float[] Numbers(int count) => [.. Enumerable.Range(0, count).Select(_ => (float)((random.NextDouble() * 2) - 1))];
    }

    [Theory]
    [InlineData(2688, 1, 128, 1)]
    [InlineData(2688, 3, 128, 1)]
    [InlineData(2688, 8, 128, 1)]
    [InlineData(2688, 16, 64, 2)]
    [InlineData(2688, 128, 32, 16)]
    [InlineData(8192, 128, 64, 16)]
    [InlineData(40000, 128, 128, 16)]
    public void The_grid_covers_all_experts_and_rows(int hidden, int batch, int x, int y)
    {
        (int experts, int tokens) = RouterTopK.Tile(hidden, batch);
        Assert.Equal(new Dim3(x, y), RouterTopK.Grid(new RouterShape(hidden, 128, 6), batch));
        Assert.True(experts * x >= 128 && tokens * y >= batch);
    }

    [Theory]
    [InlineData(12, 8, 2, 1, 1, "Hidden is 12; expected a multiple of 8.")]
    [InlineData(64, 513, 2, 1, 1, "Experts is 513; expected 1 to 512.")]
    [InlineData(64, 8, 9, 1, 1, "TopK is 9; expected 1 to 8.")]
    [InlineData(64, 512, 33, 1, 1, "TopK is 33; expected 1 to 32.")]
    [InlineData(64, 8, 2, 3, 1, "Groups is 3; expected a divisor of 8, at most 32.")]
    [InlineData(64, 8, 2, 4, 5, "TopGroups is 5; expected 1 to 4.")]
    public void A_shape_that_the_kernel_is_not_written_for_is_refused(
        int hidden, int experts, int topK, int groups, int topGroups, string message)
    {
        RouterShape shape = new(hidden, experts, topK, groups, topGroups);
        Assert.StartsWith(message, Assert.Throws<ArgumentException>(() => new RouterTopK(null!, shape, 1)).Message);
    }

    [Theory]
    [InlineData(0)]
    [InlineData(129)]
    public void A_batch_out_of_range_is_refused(int batch)
    {
        RouterShape shape = new(64, 8, 2);
        Assert.StartsWith(
            $"The batch is {batch}; expected 1 to 128.",
            Assert.Throws<ArgumentException>(() => new RouterTopK(null!, shape, batch)).Message);
    }
}
