using static TorchSharp.torch;

namespace NemotronH.Kernels.Cuda;

/// <summary>What <see cref="SampleTokens"/> computes, by sorting, in TorchSharp operations on any device.</summary>
internal static class SampleTokensReference
{
    /// <summary>Draws; the parameters are those of <see cref="SampleTokens.Launch"/>.</summary>
    /// <returns>A token for each row.</returns>
    public static int[] Sample(Tensor logits, SamplingRows rows)
    {
        using var scope = NewDisposeScope();
        return [.. Enumerable.Range(0, (int)logits.size(0)).Select(row => Sample(
            logits[row],
            rows.Temperature[row].item<double>(),
            rows.TopK[row].item<int>(),
            rows.TopP[row].item<double>(),
            rows.MinP[row].item<double>(),
            RandomDouble((ulong)rows.Seed[row].item<long>(), (ulong)rows.Draws[row].item<long>())))];
    }

    /// <summary>The number in [0, 1) after some others of SplitMix64 (Steele, Lea and Flood, 2014).</summary>
    public static double RandomDouble(ulong seed, ulong draws)
    {
        ulong z = seed + ((draws + 1) * 0x9E3779B97F4A7C15);
        z = (z ^ (z >> 30)) * 0xBF58476D1CE4E5B9;
        z = (z ^ (z >> 27)) * 0x94D049BB133111EB;
        return ((z ^ (z >> 31)) >> 11) * (1.0 / (1UL << 53));
    }

    private static int Sample(Tensor logits, double temperature, int topK, double topP, double minP, double random)
    {
        if (!logits.isfinite().all().item<bool>())
        {
            return -1;
        }

        (Tensor sorted, Tensor tokens) = sort(logits, dim: 0, descending: true, stable: true);
        if (temperature == 0)
        {
            return (int)tokens[0].item<long>();
        }

        Tensor weights = ((sorted.to(ScalarType.Float64) - sorted[0].to(ScalarType.Float64)) / temperature).exp();
        if (topK > 0)
        {
            weights = weights.narrow(0, 0, Math.Min(topK, weights.size(0)));
        }

        if (topP < 1)
        {
            weights = weights.narrow(0, 0, weights.cumsum(0).lt(weights.sum() * topP).sum().item<long>() + 1);
        }

        tokens = tokens.narrow(0, 0, weights.size(0));
        if (topK == 0 && topP == 1)
        {
            (tokens, Tensor order) = sort(tokens);
            weights = weights.index_select(0, order);
        }

        Tensor sums = weights.masked_fill(weights.lt(minP), 0).cumsum(0);
        long place = sums.le(sums[-1] * random).sum().item<long>();
        return (int)tokens[Math.Min(place, tokens.size(0) - 1)].item<long>();
    }
}
