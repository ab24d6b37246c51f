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
        (long[] choices, IReadOnlyList<(int Expert, int Count)> runs) = SortByExpert(expertIds, up.Count);
        long topK = expertIds.size(1);
        Tensor rows = tensor(Array.ConvertAll(choices, choice => choice / topK), device: input.device);
        Tensor weights = expertWeights.reshape(-1, 1).index_select(0, tensor(choices, device: input.device));
        Tensor gathered = input.index_select(0, rows);
        var outputs = new List<Tensor>(runs.Count);
        int first = 0;
        foreach ((int expert, int count) in runs)
        {
            outputs.Add(ApplyExpert(expert, gathered.narrow(0, first, count)));
            first += count;
        }

        Tensor sum = zeros_like(input, dtype: ScalarType.Float32);
        sum.index_add_(0, rows, cat(outputs, 0).to(ScalarType.Float32).mul_(weights), 1);
        return sum.to(input.dtype).MoveToOuterDisposeScope();

        Tensor ApplyExpert(int expert, Tensor tokens)
        {
            using var step = NewDisposeScope();
            return down.Apply(expert, SquaredRelu(up.Apply(expert, tokens))).MoveToOuterDisposeScope();
        }
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

    /// <summary>
    /// Runs all experts, each over the tokens that chose it: tokens are sorted by expert on the device, two grouped products follow, and the host reads
    /// nothing. Sums are taken in the order of a token's choices, so a token's result does not depend on its neighbours.
    /// </summary>
    /// <param name="input">[T, K] in the compute dtype.</param>
    /// <param name="expertIds">[T, top-k] int64.</param>
    /// <param name="expertWeights">[T, top-k] float32.</param>
    /// <param name="up">Up projections, K to I, stacked.</param>
    /// <param name="down">Down projections, I to K, stacked.</param>
    /// <returns>[T, K] in the compute dtype.</returns>
    public static Tensor Grouped(Tensor input, Tensor expertIds, Tensor expertWeights, ExpertProjection up, ExpertProjection down)
    {
        using var scope = NewDisposeScope();
        long topK = expertIds.size(1), features = input.size(1);
        (Tensor sorted, Tensor order) = sort(expertIds.flatten(), dim: 0, descending: false, stable: true);
        Tensor ends = searchsorted(sorted, arange(up.Count, ScalarType.Int64, input.device), out_int32: true, right: true);
        Tensor rows = order.div(topK, RoundingMode.floor);
        Tensor inner = SquaredRelu(up.ApplyGrouped(input.index_select(0, rows), ends));
        Tensor outputs = down.ApplyGrouped(inner, ends);
        Tensor byChoice = empty_like(outputs).index_copy_(0, order, outputs).view(-1, topK, features);
        Tensor sum = zeros_like(input, dtype: ScalarType.Float32);
        for (long choice = 0; choice < topK; choice++)
        {
            using var step = NewDisposeScope();
            sum.addcmul_(byChoice.select(1, choice).to(ScalarType.Float32), expertWeights.narrow(1, choice, 1), 1);
        }

        return sum.to(input.dtype).MoveToOuterDisposeScope();
    }

    /// <summary>The square is taken in float32 because it leaves the range of half precision.</summary>
    private static Tensor SquaredRelu(Tensor inner) => inner.to(ScalarType.Float32).relu().square().to(inner.dtype);

    /// <summary>Orders the choices (t · top-k + k) by expert, and counts those of each expert that has any.</summary>
    private static (long[] Choices, IReadOnlyList<(int Expert, int Count)> Runs) SortByExpert(Tensor expertIds, int experts)
    {
        using Tensor onHost = expertIds.cpu();
        long[] ids = onHost.data<long>().ToArray();
        int[] counts = new int[experts];
        foreach (long id in ids)
        {
            counts[id]++;
        }

        int[] next = new int[experts];
        for (int expert = 1; expert < experts; expert++)
        {
            next[expert] = next[expert - 1] + counts[expert - 1];
        }

        long[] choices = new long[ids.Length];
        for (int choice = 0; choice < ids.Length; choice++)
        {
            choices[next[ids[choice]]++] = choice;
        }

        return (choices, [.. Enumerable.Range(0, experts).Where(expert => counts[expert] > 0).Select(expert => (expert, counts[expert]))]);
    }
}
