using NemotronH.Configuration;

namespace NemotronH.Generation;

/// <summary>Fills in what a caller leaves open from the checkpoint's generation config.</summary>
internal static class SamplingDefaults
{
    /// <summary>
    /// The caller's values, else the checkpoint's where it samples by default, else greedy; but a caller who filters the tokens wants to sample.
    /// </summary>
    public static SamplingOptions Apply(GenerationOptions options, GenerationDefaults? defaults)
    {
        GenerationDefaults? sampled = defaults?.DoSample == true ? defaults : null;
        return new SamplingOptions
        {
            Temperature = options.Temperature ?? (sampled is null ? Filters(options) ? 1 : 0 : sampled.Temperature ?? 1),
            TopK = options.TopK ?? sampled?.TopK ?? 0,
            TopP = options.TopP ?? sampled?.TopP ?? 1,
            MinP = options.MinP ?? sampled?.MinP ?? 0,
            RepetitionPenalty = options.RepetitionPenalty ?? defaults?.RepetitionPenalty ?? 1,
            FrequencyPenalty = options.FrequencyPenalty ?? 0,
            PresencePenalty = options.PresencePenalty ?? 0,
            LogitBias = options.LogitBias,
            Seed = options.Seed,
        };
    }

    private static bool Filters(GenerationOptions options) => options.TopK > 0 || options.TopP < 1 || options.MinP > 0;
}
