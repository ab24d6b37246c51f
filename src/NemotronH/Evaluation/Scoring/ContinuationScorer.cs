namespace NemotronH.Evaluation.Scoring;

/// <summary>Log-likelihoods of continuations under a model. Those of the same input are scored in one go.</summary>
/// <param name="model">The model; it has a free slot for each sequence of a batch.</param>
/// <param name="batch">Sequences at once.</param>
internal sealed class ContinuationScorer(LanguageModel model, int batch)
{
    private readonly LossScorer _scorer = new(model);

    /// <summary>Scores continuations.</summary>
    /// <param name="continuations">The continuations.</param>
    /// <param name="cancellationToken">Checked between passes.</param>
    /// <returns>ln p(continuation | context) of each.</returns>
    /// <exception cref="EvaluationException">A likelihood is not finite.</exception>
    public double[] Score(IReadOnlyList<Continuation> continuations, CancellationToken cancellationToken)
    {
        var logLikelihoods = new double[continuations.Count];
        IEnumerable<int[]> groups = Enumerable.Range(0, continuations.Count)
            .GroupBy(i => continuations[i].Input, TokenComparer.Instance)
            .Select(group => group.ToArray());
        foreach (int[][] chunk in groups.Chunk(batch))
        {
            Score(continuations, chunk, logLikelihoods, cancellationToken);
        }

        return logLikelihoods;
    }

    private void Score(IReadOnlyList<Continuation> continuations, int[][] groups, double[] logLikelihoods, CancellationToken cancellationToken)
    {
        double[][] losses = _scorer.Score(
            [.. groups.Select(group => new ScoredSequence(continuations[group[0]].Input, [.. group.SelectMany(i => continuations[i].Positions)]))],
            [.. groups.Select(group => group.SelectMany(i => continuations[i].Targets.ToArray()).ToArray())],
            cancellationToken);
        for (int g = 0; g < groups.Length; g++)
        {
            int start = 0;
            foreach (int i in groups[g])
            {
                int length = continuations[i].Targets.Length;
                logLikelihoods[i] = -losses[g].AsSpan(start, length).ToArray().Sum();
                start += length;
            }
        }
    }

    private sealed class TokenComparer : IEqualityComparer<ReadOnlyMemory<int>>
    {
        public static TokenComparer Instance { get; } = new();

        public bool Equals(ReadOnlyMemory<int> x, ReadOnlyMemory<int> y) => x.Span.SequenceEqual(y.Span);

        public int GetHashCode(ReadOnlyMemory<int> obj) => HashCode.Combine(obj.Length, obj.IsEmpty ? 0 : obj.Span[^1]);
    }
}
