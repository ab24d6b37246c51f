namespace NemotronH.Evaluation.Scoring;

/// <summary>A sequence that is run through a model, and the positions of it whose next token is looked at.</summary>
/// <param name="Tokens">The tokens that are run, at least one.</param>
/// <param name="Positions">Positions in it; one may occur more than once.</param>
internal readonly record struct ScoredSequence(ReadOnlyMemory<int> Tokens, IReadOnlyList<int> Positions)
{
    /// <summary>A sequence of which each token from some position on is predicted from those before it.</summary>
    /// <param name="tokens">All tokens, the last predicted one included.</param>
    /// <param name="firstPredicted">First predicted position, at least 1.</param>
    public static ScoredSequence Predicting(ReadOnlyMemory<int> tokens, int firstPredicted) =>
        new(tokens[..^1], [.. Enumerable.Range(firstPredicted - 1, tokens.Length - firstPredicted)]);
}
