namespace NemotronH.Generation;

/// <summary>Shares a step's prompt tokens out among the prompts under way.</summary>
internal static class PrefillPieces
{
    /// <summary>
    /// Gives every prompt the same share, and what a short one leaves to the longer ones: a long prompt does not hold up the short ones that came after it.
    /// With more prompts than tokens the longest go without, but never the oldest, so that none starves. A piece ends where the prompt's state is to be kept.
    /// </summary>
    /// <param name="sequences">Sequences with prompt tokens to compute, the oldest first.</param>
    /// <param name="budget">Most tokens in all.</param>
    /// <returns>How many tokens of which; sequences for which nothing is left are not named.</returns>
    public static IReadOnlyList<(EngineSequence Sequence, int Count)> Choose(IReadOnlyCollection<EngineSequence> sequences, int budget)
    {
        EngineSequence[] served = [.. sequences.Take(1), .. sequences.Skip(1).OrderBy(sequence => sequence.PromptLeft).Take(budget - 1)];
        var pieces = new List<(EngineSequence, int)>();
        int sharers = served.Length;
        foreach (EngineSequence sequence in served.OrderBy(sequence => sequence.PromptLeft))
        {
            int count = Math.Min(budget / sharers--, Math.Min(sequence.PromptLeft, sequence.LeftToBorder));
            pieces.Add((sequence, count));
            budget -= count;
        }

        return pieces;
    }
}
