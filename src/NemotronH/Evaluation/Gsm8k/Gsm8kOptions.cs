using NemotronH.Generation;

namespace NemotronH.Evaluation.Gsm8k;

/// <summary>How GSM8K is asked.</summary>
public sealed record Gsm8kOptions
{
    /// <summary>Solved examples before each problem; <see langword="null"/> takes 5, in chat form none.</summary>
    public int? FewShot { get; init; }

    /// <summary>File of the examples; <see langword="null"/> takes them from the problems, which are then not asked.</summary>
    public string? FewShotPath { get; init; }

    /// <summary>Whether the problem is a user's turn, written by the model's chat template, instead of a text to continue.</summary>
    public bool Chat { get; init; }

    /// <summary>Whether the model is to think first; in chat form.</summary>
    public bool Thinking { get; init; }

    /// <summary>Asks only so many of the problems, drawn by <see cref="Seed"/>.</summary>
    public int? Limit { get; init; }

    /// <summary>Seed of the draws: of examples, of problems, and of tokens where they are sampled.</summary>
    public long Seed { get; init; }

    /// <summary>Most tokens of a solution; <see langword="null"/> takes 256, in chat form 1024, with thinking 8192.</summary>
    public int? MaxTokens { get; init; }

    /// <summary>Temperature; 0 always takes the most likely token.</summary>
    public double Temperature { get; init; }

    /// <summary>Nucleus of the sampling; 1 keeps all tokens.</summary>
    public double TopP { get; init; } = 1;

    /// <summary>Examples that are taken.</summary>
    public int FewShotOrDefault => FewShot ?? (Chat ? 0 : 5);

    /// <summary>Most tokens that a solution may take.</summary>
    public int MaxTokensOrDefault => MaxTokens ?? (!Chat ? 256 : Thinking ? 8192 : 1024);

    internal SamplingOptions Sampling => new() { Temperature = Temperature, TopP = TopP };

    internal void Validate()
    {
        Sampling.Validate();
        if (Thinking && !Chat)
        {
            throw new EvaluationException("thinking is on without chat; only the chat form can think");
        }

        if (FewShotOrDefault < 0)
        {
            throw new EvaluationException($"few-shot examples are {FewShotOrDefault}; expected 0 or more");
        }

        if (MaxTokensOrDefault < 1)
        {
            throw new EvaluationException($"max tokens is {MaxTokensOrDefault}; expected at least 1");
        }
    }
}
