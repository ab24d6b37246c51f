namespace NemotronH.Evaluation.Perplexity;

/// <summary>How well a model predicts a text.</summary>
public sealed record PerplexityResult : EvaluationResult
{
    /// <summary>Number of scored tokens.</summary>
    public required int Tokens { get; init; }

    /// <summary>Mean negative log-likelihood of a token in nats.</summary>
    public required double Nll { get; init; }

    /// <summary>Its standard error, tokens taken as independent.</summary>
    public required double? NllStderr { get; init; }

    /// <summary>exp(<see cref="Nll"/>).</summary>
    public required double Perplexity { get; init; }

    /// <summary>Its standard error to first order: perplexity times that of the loss.</summary>
    public required double? PerplexityStderr { get; init; }

    /// <summary>Bits that the model needs for a byte of the text: the loss of all scored tokens over ln 2 and their bytes.</summary>
    public required double BitsPerByte { get; init; }

    /// <summary>Bytes that the scored tokens stand for.</summary>
    public required long Bytes { get; init; }

    /// <summary>Tokens of the text.</summary>
    public required int TextTokens { get; init; }

    /// <summary>Mean losses by the number of tokens before.</summary>
    public required IReadOnlyList<LossAtPosition> LossByPosition { get; init; }
}
