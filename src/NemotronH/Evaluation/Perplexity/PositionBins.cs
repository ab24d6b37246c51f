namespace NemotronH.Evaluation.Perplexity;

/// <summary>Cuts the positions of a window into a few ranges of equal length, for curves over the length of the context.</summary>
/// <param name="window">W: tokens in a window.</param>
internal sealed class PositionBins(int window)
{
    private const int MaxBins = 32;

    /// <summary>Number of ranges.</summary>
    public int Count { get; } = Math.Min(MaxBins, window - 1);

    /// <summary>Range that a position is in.</summary>
    /// <param name="offset">Tokens before it in its window, from 1 to W − 1.</param>
    public int IndexOf(int offset) => (int)((long)(offset - 1) * Count / (window - 1));

    /// <summary>First offset of a range; that of the range behind the last is W.</summary>
    public int FirstOffset(int bin) => 1 + (int)(((long)bin * (window - 1) + Count - 1) / Count);
}
