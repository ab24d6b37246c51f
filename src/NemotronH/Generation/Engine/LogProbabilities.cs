namespace NemotronH.Generation;

/// <summary>Log-probabilities from logits, on the host.</summary>
internal static class LogProbabilities
{
    /// <summary>Logarithm of the sum of the exponentials, in float64.</summary>
    public static double LogSumExp(ReadOnlySpan<float> logits)
    {
        double max = double.NegativeInfinity;
        foreach (float logit in logits)
        {
            max = Math.Max(max, logit);
        }

        double sum = 0;
        foreach (float logit in logits)
        {
            sum += Math.Exp(logit - max);
        }

        return max + Math.Log(sum);
    }

    /// <summary>The most likely tokens, most likely first, of equals the lowest id first.</summary>
    /// <param name="logits">[V].</param>
    /// <param name="normalizer">Their <see cref="LogSumExp"/>.</param>
    /// <param name="count">How many.</param>
    public static IReadOnlyList<TokenLogProb> Top(ReadOnlySpan<float> logits, double normalizer, int count)
    {
        if (count == 0)
        {
            return [];
        }

        // The least of those held stands first; of equals the highest id, which goes first.
        var held = new PriorityQueue<int, (float Logit, int NegativeId)>(count + 1);
        for (int id = 0; id < logits.Length; id++)
        {
            if (held.Count < count)
            {
                held.Enqueue(id, (logits[id], -id));
            }
            else if (held.TryPeek(out _, out (float Logit, int NegativeId) least) && logits[id] > least.Logit)
            {
                held.EnqueueDequeue(id, (logits[id], -id));
            }
        }

        var top = new TokenLogProb[held.Count];
        for (int i = top.Length - 1; i >= 0; i--)
        {
            int id = held.Dequeue();
            top[i] = new TokenLogProb(id, (float)(logits[id] - normalizer));
        }

        return top;
    }
}
