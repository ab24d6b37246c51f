namespace NemotronH.Evaluation.Gsm8k;

/// <summary>How many problems a model solves.</summary>
public sealed record Gsm8kResult : EvaluationResult
{
    /// <summary>Fraction solved, judged by the number behind <c>####</c>: <c>exact_match,strict-match</c> of lm-eval-harness.</summary>
    public required double StrictMatch { get; init; }

    /// <summary>Its standard error.</summary>
    public required double? StrictMatchStderr { get; init; }

    /// <summary>Fraction solved, judged by the last number: <c>exact_match,flexible-extract</c> of lm-eval-harness.</summary>
    public required double FlexibleExtract { get; init; }

    /// <summary>Its standard error.</summary>
    public required double? FlexibleExtractStderr { get; init; }

    /// <summary>Problems without a number behind <c>####</c>.</summary>
    public required int WithoutStrictAnswer { get; init; }

    /// <summary>Solutions that the token limit cut off.</summary>
    public required int CutOff { get; init; }

    /// <summary>Tokens generated for all problems.</summary>
    public required long GeneratedTokens { get; init; }
}
