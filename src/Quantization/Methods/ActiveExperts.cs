using static TorchSharp.torch;

namespace NemotronH.Quantization;

/// <summary>Runs the experts that were chosen: the sum over a token's choices of weight · down(relu²(up(x))).</summary>
internal static class ActiveExperts
{
    /// <summary>Runs one expert after the other, exactly those that are active; reads the choice on the host.</summary>
    /// <param name="input">[T, K] in the compute dtype.</param>
    /// <param name="expertIds">[T, top-k] int64.</param>
    /// <param name="expertWeights">[T, top-k] float32.</param>
    /// <param name="up">Up projections, K to I.</param>
    /// <param name="down">Down projections, I to K.</param>
    /// <returns>[T, K] in the compute dtype.</returns>
    public static Tensor OneByOne(Tensor input, Tensor expertIds, Tensor expertWeights, ExpertProjection up, ExpertProjection down)
    {
        using var scope = NewDisposeScope();
        Tensor sum = zeros_like(input, dtype: ScalarType.Float32);
        Tensor flatWeights = expertWeights.reshape(-1, 1);
        int topK = (int)expertIds.size(1);
        foreach (IGrouping<long, int> choices in GroupByExpert(expertIds))
        {
            using var step = NewDisposeScope();
            Tensor rows = tensor(choices.Select(choice => (long)(choice / topK)).ToArray(), device: input.device);
            Tensor places = tensor(choices.Select(choice => (long)choice).ToArray(), device: input.device);
            int expert = (int)choices.Key;
            Tensor output = down.Apply(expert, SquaredRelu(up.Apply(expert, input.index_select(0, rows))));
            sum.index_add_(0, rows, output.to(ScalarType.Float32).mul_(flatWeights.index_select(0, places)), 1);
        }

        return sum.to(input.dtype).MoveToOuterDisposeScope();
    }

    /// <summary>
    /// Runs as many experts as the choice could have made active, all tokens through each, in shapes that do not depend on the choice; the host reads
    /// nothing. A token's result from an expert that it did not choose is dropped.
    /// </summary>
    /// <param name="input">[T, K] in the compute dtype.</param>
    /// <param name="expertIds">[T, top-k] int64.</param>
    /// <param name="expertWeights">[T, top-k] float32.</param>
    /// <param name="up">Up projections, K to I, stacked.</param>
    /// <param name="down">Down projections, I to K, stacked.</param>
    /// <returns>[T, K] in the compute dtype.</returns>
    public static Tensor Batched(Tensor input, Tensor expertIds, Tensor expertWeights, ExpertProjection up, ExpertProjection down)
    {
        using var scope = NewDisposeScope();
        long tokens = expertIds.size(0), active = Math.Min(up.Count, expertIds.NumberOfElements);
        Tensor ids = expertIds.clamp(0, up.Count - 1);
        Tensor experts = ActiveExpertMask.ActiveFirst(ActiveExpertMask.Of(ids, up.Count), up.Count, active);
        Tensor weights = zeros([tokens, up.Count], ScalarType.Float32, input.device).scatter_add_(1, ids, expertWeights);
        Tensor weightOf = weights.index_select(1, experts).transpose(0, 1).unsqueeze(-1);
        Tensor sum = zeros_like(input, dtype: ScalarType.Float32);
        long atOnce = Math.Min(up.ExpertsAtOnce, down.ExpertsAtOnce);
        for (long first = 0; first < active; first += atOnce)
        {
            using var step = NewDisposeScope();
            long count = Math.Min(atOnce, active - first);
            Tensor some = experts.narrow(0, first, count), weight = weightOf.narrow(0, first, count);
            Tensor output = down.Apply(some, SquaredRelu(up.Apply(some, input.unsqueeze(0))));
            sum.add_(output.to(ScalarType.Float32).mul_(weight).masked_fill_(weight.eq(0), 0).sum([0L]));
        }

        return sum.to(input.dtype).MoveToOuterDisposeScope();
    }

    /// <summary>The square is taken in float32 because it leaves the range of half precision.</summary>
    private static Tensor SquaredRelu(Tensor inner) => inner.to(ScalarType.Float32).relu().square().to(inner.dtype);

    private static IEnumerable<IGrouping<long, int>> GroupByExpert(Tensor expertIds)
    {
        using Tensor onHost = expertIds.cpu();
        long[] ids = onHost.data<long>().ToArray();
        return Enumerable.Range(0, ids.Length).GroupBy(choice => ids[choice]).OrderBy(group => group.Key);
    }
}
