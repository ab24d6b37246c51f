using System.Globalization;
using System.Text.Json;
using System.Text.Json.Nodes;
using Microsoft.Extensions.AI;
using NemotronH.Generation;
using NemotronH.Generation.Constraints;

namespace NemotronH.Chat;

/// <summary>Puts the messages and options of Microsoft.Extensions.AI in the words of <see cref="ChatRequest"/>.</summary>
internal static class ChatRequestBuilder
{
    /// <summary>Builds a request.</summary>
    /// <param name="client">The client, which the caller's factory of native options gets.</param>
    /// <param name="messages">The conversation.</param>
    /// <param name="options">The options.</param>
    /// <param name="model">Name of the model that is loaded.</param>
    /// <exception cref="NotSupportedException">Something is not supported; the message names it.</exception>
    public static ChatRequest Build(IChatClient client, IEnumerable<ChatMessage> messages, ChatOptions? options, string model)
    {
        options ??= new ChatOptions();
        Refuse(options, model);
        ExtraOptions extra = ExtraOptions.Read(options.AdditionalProperties);
        return new ChatRequest
        {
            Messages = MessageWriter.Write(messages, options.Instructions),
            Tools = options.Tools is { Count: > 0 } tools ? JsonSerializer.SerializeToElement(new JsonArray([.. tools.Select(Tool)])) : null,
            ToolChoice = Choice(options.ToolMode),
            AllowMultipleToolCalls = options.AllowMultipleToolCalls ?? true,
            TemplateArguments = TemplateArguments(options.Reasoning, extra),
            ResponseFormat = Format(options.ResponseFormat),
            ForceNonemptyContent = extra.ForceNonemptyContent,
            Options = Sampling(Native(client, options), options, extra),
        };
    }

    private static void Refuse(ChatOptions options, string model)
    {
        Require(options.ConversationId is null, "ConversationId is not supported: every request brings its whole conversation");
        Require(options.AllowBackgroundResponses != true, "AllowBackgroundResponses is not supported");
        Require(options.ContinuationToken is null, "ContinuationToken is not supported");
        Require(options.ModelId is null || options.ModelId == model, $"ModelId is '{options.ModelId}'; this client serves '{model}'");
        Require(options.Reasoning?.Output != ReasoningOutput.Summary, "Reasoning.Output Summary is not supported; expected None or Full");
    }

    private static GenerationOptions Native(IChatClient client, ChatOptions options) => options.RawRepresentationFactory?.Invoke(client) switch
    {
        null => new GenerationOptions(),
        GenerationOptions native => native,
        object other => throw new NotSupportedException(
            $"RawRepresentationFactory gave a {other.GetType().Name}; expected {nameof(GenerationOptions)} or null"),
    };

    private static GenerationOptions Sampling(GenerationOptions native, ChatOptions options, ExtraOptions extra) => native with
    {
        MaxTokens = native.MaxTokens ?? options.MaxOutputTokens,
        Temperature = native.Temperature ?? Widen(options.Temperature),
        TopP = native.TopP ?? Widen(options.TopP),
        TopK = native.TopK ?? options.TopK,
        MinP = native.MinP ?? extra.MinP,
        RepetitionPenalty = native.RepetitionPenalty ?? extra.RepetitionPenalty,
        FrequencyPenalty = native.FrequencyPenalty ?? Widen(options.FrequencyPenalty),
        PresencePenalty = native.PresencePenalty ?? Widen(options.PresencePenalty),
        Seed = native.Seed ?? options.Seed,
        StopStrings = [.. native.StopStrings, .. options.StopSequences ?? []],
    };

    /// <summary>The double that prints like the float: 0.8 stays 0.8.</summary>
    private static double? Widen(float? value) =>
        value is { } given ? double.Parse(given.ToString("R", CultureInfo.InvariantCulture), CultureInfo.InvariantCulture) : null;

    private static JsonObject Tool(AITool tool) => tool is AIFunctionDeclaration function
        ? new JsonObject
        {
            ["type"] = "function",
            ["function"] = new JsonObject
            {
                ["name"] = function.Name,
                ["description"] = function.Description,
                ["parameters"] = JsonSerializer.SerializeToNode(function.JsonSchema),
            },
        }
        : throw new NotSupportedException($"Tools: '{tool.Name}' is a {tool.GetType().Name}; only functions are supported");

    private static ToolChoice Choice(ChatToolMode? mode) => mode switch
    {
        null or AutoChatToolMode => ToolChoice.Auto,
        NoneChatToolMode => ToolChoice.None,
        RequiredChatToolMode { RequiredFunctionName: { } name } => ToolChoice.Function(name),
        RequiredChatToolMode => ToolChoice.Required,
        _ => throw new NotSupportedException($"ToolMode {mode.GetType().Name} is not supported"),
    };

    private static JsonGrammar? Format(ChatResponseFormat? format) => format switch
    {
        null or ChatResponseFormatText => null,
        ChatResponseFormatJson { Schema: { } schema } => JsonGrammar.FromSchema(schema),
        ChatResponseFormatJson => JsonGrammar.AnyObject,
        _ => throw new NotSupportedException($"ResponseFormat {format.GetType().Name} is not supported"),
    };

    /// <summary>What Nemotron's templates call thinking and effort; templates without them go without.</summary>
    private static JsonElement? TemplateArguments(ReasoningOptions? reasoning, ExtraOptions extra)
    {
        JsonObject arguments = extra.TemplateArguments;
        if (reasoning?.Effort is { } effort)
        {
            arguments.TryAdd("enable_thinking", effort != ReasoningEffort.None);
            if (effort is ReasoningEffort.Low or ReasoningEffort.Medium)
            {
                arguments.TryAdd(effort == ReasoningEffort.Low ? "low_effort" : "medium_effort", true);
            }
        }

        return arguments.Count > 0 ? JsonSerializer.SerializeToElement(arguments) : null;
    }

    private static void Require(bool holds, string message)
    {
        if (!holds)
        {
            throw new NotSupportedException(message);
        }
    }
}
