using NemotronH.Generation;
using NemotronH.Server.Protocol;
using NemotronH.Server.Requests;
using NemotronH.Server.Serving;
using NemotronH.Server.Telemetry;

namespace NemotronH.Server.Answers;

/// <summary>The answers to a completion request, while they are made: <c>n</c> to each prompt, one prompt after the other.</summary>
internal sealed class CompletionAnswers : IAsyncDisposable
{
    private readonly List<CompletionAnswer> _answers = [];
    private readonly int _choices;

    private CompletionAnswers(int choices) => _choices = choices;

    /// <summary>The answers.</summary>
    internal IReadOnlyList<CompletionAnswer> All => _answers;

    /// <summary>Hands a request in.</summary>
    /// <param name="model">The model.</param>
    /// <param name="request">The request.</param>
    /// <param name="options">The server's limits.</param>
    /// <param name="meter">Makes what measures an answer.</param>
    /// <param name="cancellationToken">Cancels all answers.</param>
    /// <exception cref="NemotronHException">The request can never be answered.</exception>
    /// <exception cref="Errors.ApiException">The request asks for too much.</exception>
    internal static async Task<CompletionAnswers> SubmitAsync(
        ServedModel model, CompletionRequest request, ServerOptions options, Func<AnswerMeter> meter, CancellationToken cancellationToken)
    {
        var answers = new CompletionAnswers(request.Choices);
        try
        {
            foreach (Prompt prompt in request.Prompts)
            {
                IReadOnlyList<int> ids = prompt.Ids ?? model.Tokenizer.Encode(prompt.Text!);
                for (int i = 0; i < request.Choices; i++)
                {
                    EngineGeneration generation = model.Engine.Submit(Translate(request, ids, options, i), cancellationToken);
                    string? echo = request.Echo ? prompt.Text ?? model.Tokenizer.Decode([.. ids], skipSpecialTokens: false) : null;
                    TokenLogProbList? logProbs = request.TopLogProbs is null ? null : new TokenLogProbList(model.Tokens, ids);
                    answers._answers.Add(new CompletionAnswer(answers._answers.Count, echo, generation, logProbs, meter()));
                }
            }

            return answers;
        }
        catch
        {
            await answers.DisposeAsync();
            throw;
        }
    }

    /// <summary>The pieces of all answers as they come.</summary>
    internal IAsyncEnumerable<CompletionPiece> ReadAsync(CancellationToken cancellationToken) =>
        Merging.MergeAsync([.. _answers.Select(answer => answer.ReadAsync(cancellationToken))], cancellationToken);

    /// <summary>The tokens of all answers; each prompt counts once.</summary>
    internal Usage CountTokens()
    {
        GenerationUsage[] prompts = [.. _answers.Chunk(_choices).Select(answers => answers[0].Usage)];
        int prompt = prompts.Sum(usage => usage.PromptTokens);
        int completion = _answers.Sum(answer => answer.Usage.CompletionTokens);
        return new Usage(prompt, completion, prompt + completion, new PromptTokensDetails(prompts.Sum(usage => usage.CachedTokens)));
    }

    public async ValueTask DisposeAsync()
    {
        foreach (CompletionAnswer answer in _answers)
        {
            await answer.DisposeAsync();
        }
    }

    private static EngineRequest Translate(CompletionRequest request, IReadOnlyList<int> ids, ServerOptions options, int index) => new()
    {
        PromptIds = ids,
        Options = GenerationSettings.Of(request.Sampling, options, index),
        TopLogProbs = request.TopLogProbs ?? -1,
        PromptLogProbs = request is { Echo: true, TopLogProbs: not null },
    };
}
