using NemotronH.Chat;
using NemotronH.Generation.Constraints;
using NemotronH.Server.Errors;
using NemotronH.Server.Protocol;
using NemotronH.Server.Requests;
using NemotronH.Server.Serving;
using NemotronH.Server.Telemetry;
using ChatRequest = NemotronH.Server.Requests.ChatRequest;
using EngineChatRequest = NemotronH.Chat.ChatRequest;
using EngineToolChoice = NemotronH.Chat.ToolChoice;
using EngineToolChoiceMode = NemotronH.Chat.ToolChoiceMode;
using ToolChoiceMode = NemotronH.Server.Requests.ToolChoiceMode;

namespace NemotronH.Server.Answers;

/// <summary>The answers to a chat request, while they are made.</summary>
internal sealed class ChatAnswers : IAsyncDisposable
{
    private readonly List<ChatAnswer> _answers = [];

    private ChatAnswers()
    {
    }

    /// <summary>The answers.</summary>
    internal IReadOnlyList<ChatAnswer> All => _answers;

    /// <summary>Hands a request in.</summary>
    /// <param name="model">The model.</param>
    /// <param name="request">The request.</param>
    /// <param name="options">The server's limits.</param>
    /// <param name="meter">Makes what measures an answer.</param>
    /// <param name="cancellationToken">Cancels all answers.</param>
    /// <exception cref="NemotronHException">The request can never be answered.</exception>
    /// <exception cref="ApiException">The request asks for too much.</exception>
    internal static async Task<ChatAnswers> SubmitAsync(
        ServedModel model, ChatRequest request, ServerOptions options, Func<AnswerMeter> meter, CancellationToken cancellationToken)
    {
        ChatEngine chat = model.RequireChat();
        EngineChatRequest asked = Translate(request);
        var answers = new ChatAnswers();
        try
        {
            for (int i = 0; i < request.Choices; i++)
            {
                EngineChatRequest one = asked with { Options = GenerationSettings.Of(request.Sampling, options, i) };
                answers._answers.Add(new ChatAnswer(i, chat.Submit(one, cancellationToken), model, meter()));
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
    internal IAsyncEnumerable<ChatPiece> ReadAsync(CancellationToken cancellationToken) =>
        Merging.MergeAsync([.. _answers.Select(answer => answer.ReadAsync(cancellationToken))], cancellationToken);

    /// <summary>The tokens of all answers; the prompt counts once.</summary>
    internal Usage CountTokens()
    {
        ChatUsage first = _answers[0].Usage;
        int completion = _answers.Sum(answer => answer.Usage.CompletionTokens);
        int reasoning = _answers.Sum(answer => answer.Usage.ReasoningTokens);
        return new Usage(
            first.PromptTokens,
            completion,
            first.PromptTokens + completion,
            new PromptTokensDetails(first.CachedTokens),
            new CompletionTokensDetails(reasoning));
    }

    public async ValueTask DisposeAsync()
    {
        foreach (ChatAnswer answer in _answers)
        {
            await answer.DisposeAsync();
        }
    }

    private static EngineChatRequest Translate(ChatRequest request) => new()
    {
        Messages = request.Messages,
        Tools = request.Tools,
        ToolChoice = new EngineToolChoice(
            request.ToolChoice.Mode switch
            {
                ToolChoiceMode.None => EngineToolChoiceMode.None,
                ToolChoiceMode.Required => EngineToolChoiceMode.Required,
                _ => EngineToolChoiceMode.Auto,
            },
            request.ToolChoice.Function),
        AllowMultipleToolCalls = request.ParallelToolCalls,
        TemplateArguments = request.TemplateArguments,
        ResponseFormat = Translate(request.ResponseFormat),
        TopLogProbs = request.TopLogProbs ?? -1,
    };

    private static JsonGrammar? Translate(ResponseFormat format)
    {
        try
        {
            return format.Kind switch
            {
                ResponseFormatKind.JsonObject => JsonGrammar.AnyObject,
                ResponseFormatKind.JsonSchema => JsonGrammar.FromSchema(format.Schema!.Value),
                _ => null,
            };
        }
        catch (JsonSchemaException schema)
        {
            throw ApiException.BadRequest("response_format", schema.Message, ErrorTypes.InvalidSchema);
        }
    }
}
