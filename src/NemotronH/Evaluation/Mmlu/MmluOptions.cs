namespace NemotronH.Evaluation.Mmlu;

/// <summary>How MMLU is asked.</summary>
public sealed record MmluOptions
{
    /// <summary>Answered examples before each question: the first of its subject.</summary>
    public int FewShot { get; init; } = 5;

    /// <summary>Folder or file of the examples; <see langword="null"/> takes the <c>dev</c> questions beside those that are asked.</summary>
    public string? FewShotPath { get; init; }

    /// <summary>Asks only so many of the questions, drawn from all subjects by <see cref="Seed"/>.</summary>
    public int? Limit { get; init; }

    /// <summary>Seed of the draw.</summary>
    public long Seed { get; init; }
}
