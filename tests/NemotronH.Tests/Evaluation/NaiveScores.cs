using static TorchSharp.torch;

namespace NemotronH.Tests.Evaluation;

/// <summary>Likelihoods the slow way: a pass through the model for every token, softmax by hand.</summary>
internal static class NaiveScores
{
    /// <summary>ln p of every token of the vocabulary after a prefix.</summary>
    public static double[] LogProbabilities(LanguageModel model, IReadOnlyList<int> prefix)
    {
        using Tensor logits = model.ComputeLogits(prefix);
        using Tensor last = logits[prefix.Count - 1];
        double[] values = [.. last.data<float>().Select(value => (double)value)];
        double logSum = Math.Log(values.Sum(Math.Exp));
        return Array.ConvertAll(values, value => value - logSum);
    }

    /// <summary>−ln p of a token after those before it.</summary>
    public static double Loss(LanguageModel model, ReadOnlySpan<int> ids, int position) =>
        -LogProbabilities(model, ids[..position].ToArray())[ids[position]];
}
