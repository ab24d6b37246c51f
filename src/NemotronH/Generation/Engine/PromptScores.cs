using static TorchSharp.torch;

namespace NemotronH.Generation;

/// <summary>Collects the log-probabilities of a prompt's tokens, piece by piece.</summary>
/// <param name="promptIds">The prompt.</param>
/// <param name="top">How many of the most likely tokens are wanted at each place.</param>
internal sealed class PromptScores(int[] promptIds, int top)
{
    /// <summary>Rows scored at once: a row is as wide as the vocabulary.</summary>
    private const int RowsAtOnce = 64;

    private readonly PromptTokenLogProb?[] _scores = new PromptTokenLogProb?[promptIds.Length];

    /// <summary>A score for each token; <see langword="null"/> for the first.</summary>
    public IReadOnlyList<PromptTokenLogProb?> Scores => _scores;

    /// <summary>Scores the tokens that follow a piece's tokens.</summary>
    /// <param name="runner">Runs the model.</param>
    /// <param name="hidden">[L, H] hidden states of the piece.</param>
    /// <param name="start">Position of its first token.</param>
    public void Add(ModelRunner runner, Tensor hidden, int start)
    {
        int count = (int)Math.Min(hidden.size(0), promptIds.Length - 1 - start);
        for (int first = 0; first < count; first += RowsAtOnce)
        {
            Score(runner, hidden.narrow(0, first, Math.Min(RowsAtOnce, count - first)), start + first + 1);
        }
    }

    /// <summary>Scores tokens.</summary>
    /// <param name="runner">Runs the model.</param>
    /// <param name="hidden">[n, H]: what each is predicted from.</param>
    /// <param name="position">Position of the first of them.</param>
    private void Score(ModelRunner runner, Tensor hidden, int position)
    {
        using var scope = NewDisposeScope();
        int count = (int)hidden.size(0);
        Tensor logProbs = nn.functional.log_softmax(runner.ComputeLogits(hidden), -1);
        Tensor ids = tensor(promptIds.Skip(position).Take(count).Select(id => (long)id).ToArray(), device: hidden.device);
        float[] chosen = Values<float>(logProbs.gather(1, ids.unsqueeze(1)));
        (Tensor topValues, Tensor topIds) = logProbs.topk(Math.Max(1, top), -1);
        float[] values = Values<float>(topValues);
        long[] best = Values<long>(topIds);
        for (int i = 0; i < count; i++)
        {
            TokenLogProb[] likeliest = [.. Enumerable.Range(i * Math.Max(1, top), Math.Max(0, top)).Select(at => new TokenLogProb((int)best[at], values[at]))];
            _scores[position + i] = new PromptTokenLogProb(promptIds[position + i], chosen[i], likeliest);
        }
    }

    private static T[] Values<T>(Tensor tensor)
        where T : unmanaged
    {
        using Tensor onHost = tensor.contiguous().cpu();
        return onHost.data<T>().ToArray();
    }
}
