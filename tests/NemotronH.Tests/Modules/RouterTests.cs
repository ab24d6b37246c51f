using NemotronH.Configuration;
using NemotronH.Modules;
using NemotronH.Quantization;
using static TorchSharp.torch;

namespace NemotronH.Tests.Modules;

public sealed class RouterTests : IDisposable
{
    private const int Hidden = 8;
    private readonly TorchSharp.DisposeScope _scope = NewDisposeScope();
    private readonly MemoryTensorSource _source = new();

    public RouterTests() => manual_seed(3);

    public void Dispose()
    {
        _source.Dispose();
        _scope.Dispose();
    }

    [Theory]
    [InlineData(8, 3, 1, 1, true, 2.5)]
    [InlineData(16, 4, 4, 2, true, 5.0)]
    [InlineData(16, 1, 4, 1, false, 1.0)]
    [InlineData(12, 5, 6, 3, true, 1.0)]
    public void Routing_equals_the_definition_computed_one_token_at_a_time(int experts, int topK, int groups, int topKGroups, bool normalize, double factor)
    {
        Router router = Create(experts, topK, groups, topKGroups, normalize, factor);
        Tensor hidden = randn([20, Hidden]);

        (Tensor ids, Tensor weights) = router.Route(hidden);

        for (int t = 0; t < 20; t++)
        {
            (int[] expectedIds, double[] expectedWeights) = RouteOne(hidden[t], experts, topK, groups, topKGroups, normalize, factor);
            Assert.Equal(expectedIds, ids[t].data<long>().ToArray().Select(id => (int)id));
            Assert.All(weights[t].data<float>().ToArray().Zip(expectedWeights), pair => Assert.Equal(pair.Second, pair.First, 1e-5));
        }
    }

    [Fact]
    public void Of_equal_scores_the_lowest_ids_win()
    {
        Router router = Create(8, 3, 1, 1, normalize: true, factor: 1);
        _source["gate.weight"].zero_();
        _source["gate.e_score_correction_bias"].zero_();

        (Tensor ids, Tensor weights) = router.Route(randn([2, Hidden]));

        Assert.Equal([0, 1, 2, 0, 1, 2], ids.data<long>().ToArray());
        Assert.All(weights.data<float>().ToArray(), weight => Assert.Equal(1f / 3, weight, 1e-6f));
    }

    private Router Create(int experts, int topK, int groups, int topKGroups, bool normalize, double factor)
    {
        _source["gate.weight"] = randn([experts, Hidden]);
        _source["gate.e_score_correction_bias"] = randn([experts]);
        return new Router(new WeightLoader(_source, new WeightOptions()), "gate", Hidden, new MoeConfig
        {
            NumExperts = experts,
            TopK = topK,
            IntermediateSize = 4,
            SharedIntermediateSize = 4,
            NumSharedExperts = 1,
            NumGroups = groups,
            TopKGroups = topKGroups,
            NormTopKProb = normalize,
            RoutedScalingFactor = factor,
        });
    }

    private (int[] Ids, double[] Weights) RouteOne(Tensor hidden, int experts, int topK, int groups, int topKGroups, bool normalize, double factor)
    {
        float[] x = hidden.data<float>().ToArray();
        float[] w = _source["gate.weight"].data<float>().ToArray();
        float[] bias = _source["gate.e_score_correction_bias"].data<float>().ToArray();
        double[] scores = [.. Enumerable.Range(0, experts).Select(e => 1 / (1 + Math.Exp(-Enumerable.Range(0, Hidden).Sum(i => (double)w[(e * Hidden) + i] * x[i]))))];
        int size = experts / groups;
        HashSet<int> open = [.. Enumerable.Range(0, groups)
            .OrderByDescending(g => Enumerable.Range(g * size, size).Select(e => scores[e] + bias[e]).OrderDescending().Take(2).Sum())
            .Take(topKGroups)];
        int[] ids = [.. Enumerable.Range(0, experts).Where(e => open.Contains(e / size)).OrderByDescending(e => scores[e] + bias[e]).Take(topK)];
        double sum = normalize ? ids.Sum(e => scores[e]) : 1;
        return (ids, [.. ids.Select(e => scores[e] / sum * factor)]);
    }
}
