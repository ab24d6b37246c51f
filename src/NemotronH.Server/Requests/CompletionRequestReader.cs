using System.Text.Json;
using NemotronH.Server.Errors;

namespace NemotronH.Server.Requests;

/// <summary>Reads requests to <c>/v1/completions</c>.</summary>
internal static class CompletionRequestReader
{
    private const int DefaultMaxTokens = 16;
    private const int MostTopLogProbs = 20;

    /// <summary>Reads a request.</summary>
    /// <param name="body">The request's body.</param>
    /// <param name="options">How much may be asked for.</param>
    /// <exception cref="ApiException">Something in it is unknown, not supported, or not what it should be.</exception>
    internal static CompletionRequest Read(JsonElement body, ServerOptions options)
    {
        var request = new RequestObject(body);
        request.RefuseUnsupported("suffix");
        request.RefuseUnsupported(SamplingReader.Unsupported);
        bool echo = request.Flag("echo") ?? false;
        int maxTokens = (int)(request.Integer("max_tokens", echo ? 0 : 1, int.MaxValue) ?? DefaultMaxTokens);
        var completion = new CompletionRequest
        {
            Model = request.Text("model"),
            Prompts = PromptReader.Read(request.Require("prompt"), "prompt"),
            Sampling = SamplingReader.Read(request, maxTokens),
            Choices = (int)(request.Integer("n", 1, options.MaxChoices) ?? 1),
            Stream = StreamParameters.Read(request),
            TopLogProbs = (int?)request.Integer("logprobs", 0, MostTopLogProbs),
            Echo = echo,
        };
        Check(completion, request.Integer("best_of", 1, options.MaxChoices), options);
        SamplingReader.TakeHarmless(request);
        request.End();
        return completion;
    }

    private static void Check(CompletionRequest completion, long? bestOf, ServerOptions options)
    {
        if (bestOf is not null && bestOf != completion.Choices)
        {
            throw ApiException.BadRequest(
                "best_of", "'best_of' is not supported by this server unless it equals 'n'", "unsupported_parameter");
        }

        long answers = (long)completion.Prompts.Count * completion.Choices;
        if (answers > options.MaxChoices)
        {
            throw ApiException.TooManyAnswers("prompt", answers, options.MaxChoices);
        }
    }
}
