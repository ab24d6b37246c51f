using NemotronH.Chat;
using NemotronH.Generation.Constraints;
using NemotronH.Server.Errors;
using NemotronH.Server.Requests;
using NemotronH.Server.Serving;
using NemotronH.Server.Telemetry;
using ChatRequest = NemotronH.Server.Requests.ChatRequest;
using EngineChatRequest = NemotronH.Chat.ChatRequest;

namespace NemotronH.Server.Answers;

/// <summary>Has the model answer chat requests.</summary>
internal static class ChatAnswers
{
    /// <summary>Hands a request in.</summary>
    /// <param name="model">The model.</param>
    /// <param name="request">The request.</param>
    /// <param name="options">The server's limits.</param>
    /// <param name="meter">Makes what measures an answer.</param>
    /// <param name="cancellationToken">Cancels all answers.</param>
    /// <returns>The answers; each is handed in when it is asked for.</returns>
    /// <exception cref="RequestException">The request can never be answered.</exception>
    /// <exception cref="ApiException">The request asks for too much.</exception>
    internal static IEnumerable<ChatAnswer> Submit(
        ServedModel model, ChatRequest request, ServerOptions options, Func<AnswerMeter> meter, CancellationToken cancellationToken)
    {
        ChatEngine chat = model.RequireChat();
        model.RequireTokens(request.Sampling);
        EngineChatRequest asked = Translate(request);
        for (int i = 0; i < request.Choices; i++)
        {
            EngineChatRequest one = asked with { Options = GenerationSettings.Of(request.Sampling, options, i) };
            yield return new ChatAnswer(i, chat.Submit(one, cancellationToken), model, meter());
        }
    }

    private static EngineChatRequest Translate(ChatRequest request) => new()
    {
        Messages = request.Messages,
        Tools = request.Tools,
        ToolChoice = request.ToolChoice,
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
