namespace NemotronH.Evaluation.Perplexity;

/// <summary>How a text is cut.</summary>
public sealed record TextWindowOptions
{
    /// <summary>W: tokens in a window.</summary>
    public int Window { get; init; } = 1024;

    /// <summary>S: tokens between the beginnings of windows; <see langword="null"/> takes half a window.</summary>
    public int? Stride { get; init; }

    /// <summary>Uses only the first so many tokens of the text.</summary>
    public int? MaxTokens { get; init; }

    /// <summary>Scores only so many of the windows, drawn by <see cref="Seed"/>.</summary>
    public int? Limit { get; init; }

    /// <summary>Seed of the draw.</summary>
    public long Seed { get; init; }

    internal int StrideOrDefault => Stride ?? Math.Max(1, Window / 2);

    internal void Validate()
    {
        if (Window < 2)
        {
            throw new EvaluationException($"window is {Window}; expected at least 2 tokens");
        }

        if (StrideOrDefault < 1 || StrideOrDefault > Window)
        {
            throw new EvaluationException($"stride is {StrideOrDefault}; expected 1 to the window of {Window}");
        }
    }
}
