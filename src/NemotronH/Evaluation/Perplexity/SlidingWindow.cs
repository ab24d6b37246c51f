namespace NemotronH.Evaluation.Perplexity;

/// <summary>A stretch of a text that is run through the model on its own, and the part of it that is scored.</summary>
/// <param name="Begin">First position.</param>
/// <param name="End">The position behind the last.</param>
/// <param name="FirstScored">First position that no earlier window scored and that has one before it in this window.</param>
public readonly record struct SlidingWindow(int Begin, int End, int FirstScored)
{
    /// <summary>Number of tokens.</summary>
    public int Length => End - Begin;

    /// <summary>Number of tokens that are scored.</summary>
    public int ScoredCount => End - FirstScored;

    /// <summary>
    /// Covers a text with windows that begin at 0, S, 2S, … and are W long; the last is the first that reaches the end. The text's first token
    /// is scored by none; with S &lt; W every other token is scored once.
    /// </summary>
    /// <param name="tokens">Length of the text.</param>
    /// <param name="window">W, at least 2.</param>
    /// <param name="stride">S, from 1 to W.</param>
    /// <returns>The windows; none for a text of fewer than two tokens.</returns>
    public static IEnumerable<SlidingWindow> Cover(int tokens, int window, int stride)
    {
        int covered = 0;
        for (int begin = 0; covered < tokens; begin += stride)
        {
            int end = Math.Min(begin + window, tokens);
            int firstScored = Math.Max(covered, begin + 1);
            if (firstScored < end)
            {
                yield return new SlidingWindow(begin, end, firstScored);
            }

            covered = end;
        }
    }
}
