namespace NemotronH.Generation;

/// <summary>Shares a step's prompt tokens out among the prompts under way.</summary>
internal static class PrefillPieces
{
    /// <summary>
    /// Gives every prompt the same share, and what a short one leaves to the longer ones: a long prompt does not hold up the short ones that came after it.
    /// A piece ends where the prompt's state is to be kept.
    /// </summary>
    /// <param name="sequences">Sequences with prompt tokens to compute.</param>
    /// <param name="budget">Most tokens in all.</param>
    /// <returns>How many tokens of which; sequences for which nothing is left are not named.</returns>
    public static IReadOnlyList<(EngineSequence Sequence, int Count)> Choose(IReadOnlyCollection<EngineSequence> sequences, int budget)
    {
        var pieces = new List<(EngineSequence, int)>();
        int sharers = sequences.Count;
        foreach (EngineSequence sequence in sequences.OrderBy(sequence => sequence.PromptLeft))
        {
            int share = Math.Max(1, budget / sharers--);
            int count = Math.Min(Math.Min(share, budget), Math.Min(sequence.PromptLeft, sequence.LeftToBorder));
            if (count == 0)
            {
                break;
            }

            pieces.Add((sequence, count));
            budget -= count;
        }

        return pieces;
    }
}
