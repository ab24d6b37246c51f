using System.Text.Encodings.Web;
using System.Text.Json;
using System.Text.Json.Nodes;
using Microsoft.Extensions.AI;
using NemotronH.Configuration;

namespace NemotronH.Chat;

/// <summary>Writes the messages of Microsoft.Extensions.AI as those of OpenAI's chat API, which templates read.</summary>
internal static class MessageWriter
{
    private static readonly JsonSerializerOptions Compact = new(AIJsonUtilities.DefaultOptions)
    {
        WriteIndented = false,
        Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping,
    };

    /// <summary>Writes a conversation.</summary>
    /// <param name="messages">The messages.</param>
    /// <param name="instructions">Goes before the first system message, or makes one.</param>
    /// <exception cref="NotSupportedException">A message has content that is not supported; the message names its type.</exception>
    /// <exception cref="NemotronHException">Arguments or a result cannot be written as JSON; the message names the call.</exception>
    public static JsonElement Write(IEnumerable<ChatMessage> messages, string? instructions)
    {
        List<JsonObject> written = [.. messages.SelectMany(Write)];
        if (!string.IsNullOrEmpty(instructions))
        {
            Instruct(written, instructions);
        }

        return JsonSerializer.SerializeToElement(new JsonArray([.. written]));
    }

    private static void Instruct(List<JsonObject> messages, string instructions)
    {
        if (messages is [JsonObject first, ..] && (string?)first["role"] == ChatRole.System.Value)
        {
            first["content"] = $"{instructions}\n\n{(string?)first["content"]}";
        }
        else
        {
            messages.Insert(0, new JsonObject { ["role"] = ChatRole.System.Value, ["content"] = instructions });
        }
    }

    private static IEnumerable<JsonObject> Write(ChatMessage message)
    {
        List<FunctionResultContent> results = [.. message.Contents.OfType<FunctionResultContent>()];
        foreach (FunctionResultContent result in results)
        {
            yield return new JsonObject { ["role"] = ChatRole.Tool.Value, ["tool_call_id"] = result.CallId, ["content"] = Text(result) };
        }

        List<AIContent> others = [.. message.Contents.Where(content => content is not (FunctionResultContent or UsageContent))];
        if (others.Count > 0 || results.Count == 0)
        {
            yield return WriteOthers(message, others);
        }
    }

    private static JsonObject WriteOthers(ChatMessage message, List<AIContent> contents)
    {
        if (contents.Find(content => content is not (TextContent or TextReasoningContent or FunctionCallContent)) is { } unknown)
        {
            string kind = unknown is DataContent data ? $"{nameof(DataContent)} ({data.MediaType})" : unknown.GetType().Name;
            throw new NotSupportedException($"a message of the {message.Role} has {kind}; the model reads text, reasoning, function calls and their results");
        }

        JsonObject written = new() { ["role"] = message.Role.Value, ["content"] = string.Concat(contents.OfType<TextContent>().Select(text => text.Text)) };
        if (contents.OfType<TextReasoningContent>().ToList() is { Count: > 0 } reasoning)
        {
            written["reasoning_content"] = string.Concat(reasoning.Select(part => part.Text));
        }

        if (contents.OfType<FunctionCallContent>().ToList() is { Count: > 0 } calls)
        {
            written["tool_calls"] = new JsonArray([.. calls.Select(Write)]);
        }

        if (message.AuthorName is { } name)
        {
            written["name"] = name;
        }

        return written;
    }

    private static JsonObject Write(FunctionCallContent call) => new()
    {
        ["id"] = call.CallId,
        ["type"] = "function",
        ["function"] = new JsonObject
        {
            ["name"] = call.Name,
            ["arguments"] = Serialize(
                $"the arguments of the call '{call.CallId}' of '{call.Name}'",
                () => JsonSerializer.SerializeToNode(call.Arguments ?? new Dictionary<string, object?>(), AIJsonUtilities.DefaultOptions)),
        },
    };

    /// <summary>What a tool gave: text as it is, anything else as JSON.</summary>
    private static string Text(FunctionResultContent result) => result.Result switch
    {
        null => "",
        string text => text,
        TextContent content => content.Text,
        JsonElement { ValueKind: JsonValueKind.String } element => element.GetString()!,
        { } value => Serialize($"the result of the call '{result.CallId}'", () => JsonSerializer.Serialize(value, Compact)),
    };

    /// <summary>Serialises what a caller's own types hold; those may be cyclic, or throw what they like.</summary>
    private static T Serialize<T>(string what, Func<T> serialize)
    {
        try
        {
            return serialize();
        }
        catch (Exception exception) when (exception is not OutOfMemoryException)
        {
            throw new RequestException($"{what} cannot be written as JSON: {JsonText.OneLine(exception.Message)}", exception);
        }
    }
}
