using static TorchSharp.torch;

namespace NemotronH.Evaluation.Scoring;

/// <summary>How far a model's next-token distributions are from a reference's. Logits are held for a few positions at a time.</summary>
/// <param name="model">The model.</param>
/// <param name="reference">The model it is compared with, of the same vocabulary.</param>
internal sealed class DivergenceScorer(LanguageModel model, LanguageModel reference)
{
    private readonly HiddenStateReader _model = new(model);
    private readonly HiddenStateReader _reference = new(reference);

    /// <summary>Compares the models at each position of several sequences.</summary>
    /// <param name="sequences">The sequences and their positions.</param>
    /// <param name="targets">The token that follows each position, in order over all sequences.</param>
    /// <param name="cancellationToken">Checked between passes.</param>
    /// <returns>One divergence a position, in order over all sequences.</returns>
    /// <exception cref="EvaluationException">A value is not finite.</exception>
    public TokenDivergence[] Score(IReadOnlyList<ScoredSequence> sequences, IReadOnlyList<int> targets, CancellationToken cancellationToken)
    {
        using var inference = inference_mode();
        using var scope = NewDisposeScope();
        Tensor hidden = _model.Read(sequences, cancellationToken);
        Tensor expected = _reference.Read(sequences, cancellationToken);
        var scores = new List<TokenDivergence>(targets.Count);
        foreach ((int start, int count) in LogitSlices.Of(targets.Count, model.Config.VocabSize))
        {
            using var slice = NewDisposeScope();
            scores.AddRange(Compare(
                model.Runner.ComputeLogits(hidden.narrow(0, start, count)),
                reference.Runner.ComputeLogits(expected.narrow(0, start, count)),
                tensor(targets.Skip(start).Take(count).Select(id => (long)id).ToArray())));
        }

        return [.. scores];
    }

    private static IEnumerable<TokenDivergence> Compare(Tensor logits, Tensor expectedLogits, Tensor targets)
    {
        Tensor logP = logits.to(ScalarType.Float64).log_softmax(-1);
        Tensor logQ = expectedLogits.to(ScalarType.Float64).log_softmax(-1).to(logits.device);
        double[] divergence = Values((logQ.exp() * (logQ - logP)).sum(-1));
        double[] loss = Values(Of(logP));
        double[] expectedLoss = Values(Of(logQ));
        bool[] agrees = [.. logits.argmax(-1).cpu().eq(expectedLogits.argmax(-1).cpu()).data<bool>()];
        if (!divergence.Concat(loss).Concat(expectedLoss).All(double.IsFinite))
        {
            throw new EvaluationException("a token's loss or divergence is not finite: the logits of one of the models are not");
        }

        // Rounding may take a divergence of nearly nothing below zero, where none can be.
        return divergence.Select((value, i) => new TokenDivergence(Math.Max(0, value), loss[i], expectedLoss[i], agrees[i]));

        Tensor Of(Tensor logProbabilities) => -logProbabilities.gather(1, targets.to(logProbabilities.device).unsqueeze(1)).squeeze(1);
        static double[] Values(Tensor tensor) => tensor.cpu().data<double>().ToArray();
    }
}
