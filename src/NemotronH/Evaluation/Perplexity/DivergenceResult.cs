namespace NemotronH.Evaluation.Perplexity;

/// <summary>How far a model's predictions of a text are from a reference's.</summary>
public sealed record DivergenceResult : EvaluationResult
{
    /// <summary>Number of scored tokens.</summary>
    public required int Tokens { get; init; }

    /// <summary>Mean of KL(reference ‖ model) over the tokens, in nats.</summary>
    public required double KlMean { get; init; }

    /// <summary>Its standard error, tokens taken as independent.</summary>
    public required double? KlMeanStderr { get; init; }

    /// <summary>Median over the tokens.</summary>
    public required double KlMedian { get; init; }

    /// <summary>99th percentile over the tokens.</summary>
    public required double KlP99 { get; init; }

    /// <summary>Greatest divergence.</summary>
    public required double KlMax { get; init; }

    /// <summary>Fraction of positions at which both models think the same token the most likely.</summary>
    public required double Top1Agreement { get; init; }

    /// <summary>Its standard error.</summary>
    public required double? Top1AgreementStderr { get; init; }

    /// <summary>The model's perplexity.</summary>
    public required double Perplexity { get; init; }

    /// <summary>The reference's perplexity.</summary>
    public required double ReferencePerplexity { get; init; }

    /// <summary>The model's perplexity over the reference's.</summary>
    public required double PerplexityRatio { get; init; }

    /// <summary>Its standard error to first order, from the tokens' differences of losses.</summary>
    public required double? PerplexityRatioStderr { get; init; }

    /// <summary>How many tokens have which divergence.</summary>
    public required IReadOnlyList<HistogramBin> KlHistogram { get; init; }

    /// <summary>Mean losses and divergences by the number of tokens before.</summary>
    public required IReadOnlyList<DivergenceAtPosition> ByPosition { get; init; }
}
