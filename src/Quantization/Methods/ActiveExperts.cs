using static TorchSharp.torch;

namespace NemotronH.Quantization;

/// <summary>Runs exactly the experts that were chosen, one after the other; reads the choice on the host.</summary>
internal static class ActiveExperts
{
    /// <summary>Sums weight · down(relu²(up(x))) over each token's experts.</summary>
    /// <param name="input">[T, K] in the compute dtype.</param>
    /// <param name="expertIds">[T, top-k] int64.</param>
    /// <param name="expertWeights">[T, top-k] float32.</param>
    /// <param name="weights">Gives an expert's up [I, K] and down [K, I] weights; they are not disposed here.</param>
    /// <returns>[T, K] in the compute dtype.</returns>
    public static Tensor Run(Tensor input, Tensor expertIds, Tensor expertWeights, Func<int, (Tensor Up, Tensor Down)> weights)
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
            (Tensor up, Tensor down) = weights((int)choices.Key);
            Tensor output = SquaredReluMlp(input.index_select(0, rows), up, down);
            sum.index_add_(0, rows, output.to(ScalarType.Float32).mul_(flatWeights.index_select(0, places)), 1);
        }

        return sum.to(input.dtype).MoveToOuterDisposeScope();
    }

    /// <summary>down(relu²(up(x))), the square taken in float32 because it leaves the range of half precision.</summary>
    /// <param name="input">[T, K].</param>
    /// <param name="up">[I, K].</param>
    /// <param name="down">[K, I].</param>
    /// <returns>[T, K].</returns>
    private static Tensor SquaredReluMlp(Tensor input, Tensor up, Tensor down)
    {
        Tensor inner = nn.functional.linear(input, up).to(ScalarType.Float32).relu().square();
        return nn.functional.linear(inner.to(input.dtype), down);
    }

    private static IEnumerable<IGrouping<long, int>> GroupByExpert(Tensor expertIds)
    {
        using Tensor onHost = expertIds.cpu();
        long[] ids = onHost.data<long>().ToArray();
        return Enumerable.Range(0, ids.Length).GroupBy(choice => ids[choice]).OrderBy(group => group.Key);
    }
}
