namespace NemotronH.Generation;

/// <summary>What to generate and when to stop; what is left open comes from the checkpoint's <c>generation_config.json</c>.</summary>
public sealed record GenerationOptions
{
    /// <summary>Most tokens to generate; <see langword="null"/> goes on to the end of the context.</summary>
    public int? MaxTokens { get; init; }

    /// <summary>
    /// See <see cref="SamplingOptions.Temperature"/>; <see langword="null"/> takes the checkpoint's default, else 1 where <see cref="TopK"/>,
    /// <see cref="TopP"/> or <see cref="MinP"/> leaves tokens out, else greedy.
    /// </summary>
    public double? Temperature { get; init; }

    /// <summary>See <see cref="SamplingOptions.TopK"/>.</summary>
    public int? TopK { get; init; }

    /// <summary>See <see cref="SamplingOptions.TopP"/>.</summary>
    public double? TopP { get; init; }

    /// <summary>See <see cref="SamplingOptions.MinP"/>.</summary>
    public double? MinP { get; init; }

    /// <summary>See <see cref="SamplingOptions.RepetitionPenalty"/>.</summary>
    public double? RepetitionPenalty { get; init; }

    /// <summary>See <see cref="SamplingOptions.FrequencyPenalty"/>; <see langword="null"/> is 0.</summary>
    public double? FrequencyPenalty { get; init; }

    /// <summary>See <see cref="SamplingOptions.PresencePenalty"/>; <see langword="null"/> is 0.</summary>
    public double? PresencePenalty { get; init; }

    /// <summary>See <see cref="SamplingOptions.LogitBias"/>.</summary>
    public IReadOnlyDictionary<int, float> LogitBias { get; init; } = SamplingOptions.NoBias;

    /// <summary>See <see cref="SamplingOptions.Seed"/>.</summary>
    public long? Seed { get; init; }

    /// <summary>Texts that end the generation; they are not part of the result. Found across token borders.</summary>
    public IReadOnlyList<string> StopStrings { get; init; } = [];

    /// <summary>Whether the end-of-text tokens are taken as any other token.</summary>
    public bool IgnoreEos { get; init; }

    /// <summary>Whether special tokens appear in the text.</summary>
    public bool KeepSpecialTokens { get; init; }
}
