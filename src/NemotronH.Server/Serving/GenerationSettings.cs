using NemotronH.Generation;
using NemotronH.Server.Errors;
using NemotronH.Server.Requests;

namespace NemotronH.Server.Serving;

/// <summary>Puts a request's sampling parameters in the engine's words.</summary>
internal static class GenerationSettings
{
    /// <summary>OpenAI's range of <c>top_p</c> begins with 0, which leaves the most likely token.</summary>
    private const double LeastTopP = 1e-9;

    /// <summary>The settings of one of a request's answers.</summary>
    /// <param name="sampling">What the request asks for.</param>
    /// <param name="options">The server's limits.</param>
    /// <param name="index">Number of the answer: with a seed, each draws from one of its own.</param>
    /// <exception cref="ApiException">More tokens are asked for than the server gives.</exception>
    internal static GenerationOptions Of(SamplingParameters sampling, ServerOptions options, int index) => new()
    {
        MaxTokens = Limit(sampling, options.MaxTokens),
        Temperature = sampling.Temperature,
        TopP = sampling.TopP is 0 ? LeastTopP : sampling.TopP,
        TopK = sampling.TopK is -1 ? 0 : sampling.TopK,
        MinP = sampling.MinP,
        RepetitionPenalty = sampling.RepetitionPenalty,
        FrequencyPenalty = sampling.FrequencyPenalty,
        PresencePenalty = sampling.PresencePenalty,
        LogitBias = sampling.LogitBias,
        Seed = unchecked(sampling.Seed + index),
        StopStrings = sampling.Stop,
        IgnoreEos = sampling.IgnoreEos,
        KeepSpecialTokens = sampling.KeepSpecialTokens,
    };

    private static int? Limit(SamplingParameters sampling, int? most) => sampling.MaxTokens > most
        ? throw ApiException.BadRequest(
            sampling.MaxTokensName, $"the request asks for {sampling.MaxTokens} tokens; this server gives at most {most}")
        : sampling.MaxTokens ?? most;
}
