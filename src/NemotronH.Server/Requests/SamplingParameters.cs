namespace NemotronH.Server.Requests;

/// <summary>How tokens are chosen and where an answer ends; what a request leaves open is <see langword="null"/>.</summary>
internal sealed record SamplingParameters
{
    /// <summary>Most tokens of an answer.</summary>
    public int? MaxTokens { get; init; }

    /// <summary>What the request calls <see cref="MaxTokens"/>.</summary>
    public string MaxTokensName { get; init; } = "max_tokens";

    /// <summary>0 is greedy.</summary>
    public double? Temperature { get; init; }

    /// <summary>Nucleus.</summary>
    public double? TopP { get; init; }

    /// <summary>Most likely tokens alone; 0 and −1 are all.</summary>
    public int? TopK { get; init; }

    /// <summary>Fraction of the most likely token's probability that others need.</summary>
    public double? MinP { get; init; }

    /// <summary>Divides the logits of tokens that occurred.</summary>
    public double? RepetitionPenalty { get; init; }

    /// <summary>Taken from a logit for each time its token occurred in the answer.</summary>
    public double? FrequencyPenalty { get; init; }

    /// <summary>Taken from a logit once its token occurred in the answer.</summary>
    public double? PresencePenalty { get; init; }

    /// <summary>Added to logits, by token id.</summary>
    public IReadOnlyDictionary<int, float> LogitBias { get; init; } = new Dictionary<int, float>();

    /// <summary>The same seed gives the same answer.</summary>
    public long? Seed { get; init; }

    /// <summary>Texts that end an answer.</summary>
    public IReadOnlyList<string> Stop { get; init; } = [];

    /// <summary>Whether the end-of-text tokens end nothing.</summary>
    public bool IgnoreEos { get; init; }

    /// <summary>Whether special tokens appear in the text.</summary>
    public bool KeepSpecialTokens { get; init; }
}
