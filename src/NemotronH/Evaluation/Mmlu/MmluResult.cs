namespace NemotronH.Evaluation.Mmlu;

/// <summary>How many questions a model answers rightly.</summary>
public sealed record MmluResult : EvaluationResult
{
    /// <summary>Fraction of all questions: <c>acc</c> of lm-eval-harness's group <c>mmlu</c>.</summary>
    public required double Accuracy { get; init; }

    /// <summary>Its standard error within subjects.</summary>
    public required double? AccuracyStderr { get; init; }

    /// <summary>The same by category.</summary>
    public required IReadOnlyList<MmluScore> Categories { get; init; }

    /// <summary>The same by subject.</summary>
    public required IReadOnlyList<MmluScore> Subjects { get; init; }
}
