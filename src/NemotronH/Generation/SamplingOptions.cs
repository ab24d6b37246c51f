using System.Collections.Immutable;

namespace NemotronH.Generation;

/// <summary>How the next token is chosen from the logits.</summary>
public sealed record SamplingOptions
{
    /// <summary>No bias.</summary>
    internal static IReadOnlyDictionary<int, float> NoBias { get; } = ImmutableDictionary<int, float>.Empty;

    /// <summary>Always the most likely token.</summary>
    public static SamplingOptions Greedy { get; } = new();

    /// <summary>Divides the logits; 0 takes the most likely token.</summary>
    public double Temperature { get; init; }

    /// <summary>Keeps the K most likely tokens; 0 keeps all.</summary>
    public int TopK { get; init; }

    /// <summary>Keeps the fewest most likely tokens whose probabilities reach P; 1 keeps all (nucleus sampling, Holtzman et al., 2019).</summary>
    public double TopP { get; init; } = 1;

    /// <summary>Keeps tokens at least this fraction as likely as the most likely one; 0 keeps all (Nguyen et al., 2024).</summary>
    public double MinP { get; init; }

    /// <summary>Divides positive and multiplies negative logits of tokens that have occurred; 1 changes nothing (Keskar et al., 2019).</summary>
    public double RepetitionPenalty { get; init; } = 1;

    /// <summary>Subtracted from a token's logit for each time it was generated (not for the prompt's); from −2 to 2, 0 changes nothing.</summary>
    public double FrequencyPenalty { get; init; }

    /// <summary>Subtracted once from the logits of tokens that were generated (not of the prompt's); from −2 to 2, 0 changes nothing.</summary>
    public double PresencePenalty { get; init; }

    /// <summary>Added to the logits of single tokens, by id.</summary>
    public IReadOnlyDictionary<int, float> LogitBias { get; init; } = NoBias;

    /// <summary>Seed of the draw; the same seed gives the same choices. <see langword="null"/> draws a seed.</summary>
    public long? Seed { get; init; }

    /// <summary>Checks the ranges.</summary>
    /// <exception cref="RequestException">A value is out of its range; the message names it.</exception>
    public void Validate()
    {
        Check(Temperature is >= 0 and < double.PositiveInfinity, "temperature", Temperature, "0 or more");
        Check(TopK >= 0, "top-k", TopK, "0 or more");
        Check(TopP is > 0 and <= 1, "top-p", TopP, "more than 0 and at most 1");
        Check(MinP is >= 0 and <= 1, "min-p", MinP, "from 0 to 1");
        Check(RepetitionPenalty is > 0 and < double.PositiveInfinity, "repetition penalty", RepetitionPenalty, "more than 0");
        Check(FrequencyPenalty is >= -2 and <= 2, "frequency penalty", FrequencyPenalty, "from -2 to 2");
        Check(PresencePenalty is >= -2 and <= 2, "presence penalty", PresencePenalty, "from -2 to 2");
        foreach ((int id, float bias) in LogitBias)
        {
            Check(!float.IsNaN(bias), $"logit bias of token {id}", bias, "a number");
        }

        static void Check(bool valid, string name, double value, string expected)
        {
            if (!valid)
            {
                throw new RequestException($"{name} is {value}; expected {expected}");
            }
        }
    }
}
