using static TorchSharp.torch;

namespace NemotronH.Evaluation.Scoring;

/// <summary>Negative log-likelihoods of tokens under a model.</summary>
/// <param name="model">The model; it has a free slot for each sequence.</param>
internal sealed class LossScorer(LanguageModel model)
{
    private readonly HiddenStateReader _reader = new(model);

    /// <summary>Scores one target token at each position of several sequences.</summary>
    /// <param name="sequences">The sequences and their positions.</param>
    /// <param name="targets">For each sequence, the token that follows each of its positions.</param>
    /// <param name="cancellationToken">Checked between passes.</param>
    /// <returns>For each sequence −ln softmax(logits)[target] at each position, in float64.</returns>
    /// <exception cref="EvaluationException">A loss is not finite.</exception>
    public double[][] Score(IReadOnlyList<ScoredSequence> sequences, IReadOnlyList<IReadOnlyList<int>> targets, CancellationToken cancellationToken)
    {
        using var inference = inference_mode();
        using var scope = NewDisposeScope();
        Tensor hidden = _reader.Read(sequences, cancellationToken);
        long[] flatTargets = [.. targets.SelectMany(ids => ids).Select(id => (long)id)];
        var losses = new double[flatTargets.Length];
        foreach ((int start, int count) in LogitSlices.Of(flatTargets.Length, model.Config.VocabSize))
        {
            using var slice = NewDisposeScope();
            Tensor logits = model.Runner.ComputeLogits(hidden.narrow(0, start, count)).to(ScalarType.Float64);
            Tensor ids = tensor(flatTargets[start..(start + count)], device: logits.device);
            Tensor loss = logits.logsumexp(-1) - logits.gather(1, ids.unsqueeze(1)).squeeze(1);
            loss.cpu().data<double>().CopyTo(losses, start);
        }

        RequireFinite(losses);
        return Split(losses, targets);
    }

    private static double[][] Split(double[] losses, IReadOnlyList<IReadOnlyList<int>> targets)
    {
        var split = new double[targets.Count][];
        int start = 0;
        for (int i = 0; i < split.Length; i++)
        {
            split[i] = losses[start..(start + targets[i].Count)];
            start += targets[i].Count;
        }

        return split;
    }

    private static void RequireFinite(double[] losses)
    {
        if (!losses.All(double.IsFinite))
        {
            throw new EvaluationException($"a token's loss is {losses.First(loss => !double.IsFinite(loss))}: the model's logits are not finite");
        }
    }
}
