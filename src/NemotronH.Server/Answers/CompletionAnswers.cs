using NemotronH.Generation;
using NemotronH.Server.Requests;
using NemotronH.Server.Serving;
using NemotronH.Server.Telemetry;

namespace NemotronH.Server.Answers;

/// <summary>Has the model answer completion requests.</summary>
internal static class CompletionAnswers
{
    /// <summary>Hands a request in.</summary>
    /// <param name="model">The model.</param>
    /// <param name="request">The request.</param>
    /// <param name="options">The server's limits.</param>
    /// <param name="meter">Makes what measures an answer.</param>
    /// <param name="cancellationToken">Cancels all answers.</param>
    /// <returns>The answers, <c>n</c> to each prompt; each is handed in when it is asked for.</returns>
    /// <exception cref="RequestException">The request can never be answered.</exception>
    /// <exception cref="Errors.ApiException">The request asks for too much.</exception>
    internal static IEnumerable<CompletionAnswer> Submit(
        ServedModel model, CompletionRequest request, ServerOptions options, Func<AnswerMeter> meter, CancellationToken cancellationToken)
    {
        Check(model, request);
        int index = 0;
        foreach (Prompt prompt in request.Prompts)
        {
            IReadOnlyList<int> ids = prompt.Ids ?? model.Tokenizer.Encode(prompt.Text!);
            Range shown = request is { Echo: true, TopLogProbs: not null } ? Shown(model, prompt, ids) : Range.All;
            for (int i = 0; i < request.Choices; i++)
            {
                EngineGeneration generation = model.Engine.Submit(Translate(request, ids, options, i), cancellationToken);
                string? echo = request.Echo ? prompt.Text ?? model.Tokenizer.Decode([.. ids], skipSpecialTokens: false) : null;
                TokenLogProbList? logProbs = request.TopLogProbs is null
                    ? null
                    : new TokenLogProbList(model.Tokens, ids, shown, request.Sampling.KeepSpecialTokens);
                yield return new CompletionAnswer(index++, echo, generation, logProbs, meter());
            }
        }
    }

    /// <summary>No prompt is begun with while another is wrong.</summary>
    private static void Check(ServedModel model, CompletionRequest request)
    {
        model.RequireTokens(request.Sampling);
        foreach (Prompt prompt in request.Prompts)
        {
            model.RequireTokens(prompt.Ids ?? [], prompt.Path);
        }
    }

    /// <summary>Which of a prompt's tokens its text shows: all but those that the tokenizer puts around it.</summary>
    private static Range Shown(ServedModel model, Prompt prompt, IReadOnlyList<int> ids)
    {
        if (prompt.Text is null)
        {
            return Range.All;
        }

        int[] inner = model.Tokenizer.Encode(prompt.Text, addSpecialTokens: false);
        int begin = Enumerable.Range(0, ids.Count - inner.Length + 1).First(at => ids.Skip(at).Take(inner.Length).SequenceEqual(inner));
        return begin..(begin + inner.Length);
    }

    private static EngineRequest Translate(CompletionRequest request, IReadOnlyList<int> ids, ServerOptions options, int index) => new()
    {
        PromptIds = ids,
        Options = GenerationSettings.Of(request.Sampling, options, index),
        TopLogProbs = request.TopLogProbs ?? -1,
        PromptLogProbs = request is { Echo: true, TopLogProbs: not null },
    };
}
