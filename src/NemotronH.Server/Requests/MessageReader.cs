using System.Buffers;
using System.Text.Json;
using NemotronH.Server.Errors;

namespace NemotronH.Server.Requests;

/// <summary>
/// Checks the messages of a chat request and brings them to the form that chat templates take: contents that are lists of parts become one
/// text, <c>developer</c> becomes <c>system</c>, and <c>reasoning</c> becomes <c>reasoning_content</c>.
/// </summary>
internal static class MessageReader
{
    /// <summary>What clients put into messages, or send back from other servers' answers, and what says nothing to a model.</summary>
    private static readonly string[] Extras = ["type", "id", "annotations", "cache_control"];

    private static readonly string[] Roles = ["system", "developer", "user", "assistant", "tool"];

    /// <summary>Reads a list of messages.</summary>
    /// <param name="messages">The list.</param>
    /// <returns>A list that does not depend on the request's document.</returns>
    /// <exception cref="ApiException">A message is not what it should be.</exception>
    internal static JsonElement Read(JsonElement messages)
    {
        if (messages.ValueKind != JsonValueKind.Array)
        {
            throw RequestObject.WrongType("messages", messages, "a list");
        }

        if (messages.GetArrayLength() == 0)
        {
            throw ApiException.BadRequest("messages", "'messages' is empty; expected at least one message");
        }

        var buffer = new ArrayBufferWriter<byte>();
        using (var json = new Utf8JsonWriter(buffer, new JsonWriterOptions { MaxDepth = 80 }))
        {
            json.WriteStartArray();
            foreach ((int i, JsonElement message) in messages.EnumerateArray().Index())
            {
                Write(json, new RequestObject(message, $"messages[{i}]"));
            }

            json.WriteEndArray();
        }

        return JsonElement.Parse(buffer.WrittenSpan, new JsonDocumentOptions { MaxDepth = 80 });
    }

    private static void Write(Utf8JsonWriter json, RequestObject message)
    {
        string role = message.Choice("role", Roles) ?? RequestObject.TextOf(message.Require("role"), message.PathOf("role"));
        json.WriteStartObject();
        json.WriteString("role", role == "developer" ? "system" : role);
        JsonElement? calls = role == "assistant" ? message.List("tool_calls") : null;
        WriteContent(json, message, isNeeded: calls is null);
        WriteText(json, "name", message.Text("name"));
        message.Ignore(Extras);
        if (role == "assistant")
        {
            WriteText(json, "reasoning_content", message.Text("reasoning_content") ?? message.Text("reasoning"));
            message.Ignore("reasoning");
            message.RefuseUnsupported("audio", "function_call", "refusal");
        }

        if (role == "tool")
        {
            WriteText(json, "tool_call_id", message.Text("tool_call_id"));
        }

        WriteCalls(json, calls, message.PathOf("tool_calls"));
        json.WriteEndObject();
        message.End();
    }

    private static void WriteContent(Utf8JsonWriter json, RequestObject message, bool isNeeded)
    {
        string path = message.PathOf("content");
        JsonElement? content = isNeeded ? message.Require("content") : message.Take("content");
        json.WriteString("content", content switch
        {
            null => "",
            { ValueKind: JsonValueKind.String } text => RequestObject.TextOf(text, path),
            { ValueKind: JsonValueKind.Array } parts => string.Join(
                '\n', parts.EnumerateArray().Select((part, i) => ReadPart(part, $"{path}[{i}]"))),
            { } other => throw RequestObject.WrongType(path, other, "a string or a list of parts"),
        });
    }

    private static string ReadPart(JsonElement element, string path)
    {
        var part = new RequestObject(element, path);
        string type = RequestObject.TextOf(part.Require("type"), $"{path}.type");
        if (type != "text")
        {
            throw ApiException.BadRequest(
                $"{path}.type", $"'{path}' is not text; this server's models read nothing else", "unsupported_content");
        }

        string text = RequestObject.TextOf(part.Require("text"), $"{path}.text");
        part.Ignore(Extras);
        part.End();
        return text;
    }

    private static void WriteCalls(Utf8JsonWriter json, JsonElement? calls, string path)
    {
        if (calls is not { } list || list.GetArrayLength() == 0)
        {
            return;
        }

        json.WriteStartArray("tool_calls");
        foreach ((int i, JsonElement element) in list.EnumerateArray().Index())
        {
            var call = new RequestObject(element, $"{path}[{i}]");
            var function = new RequestObject(call.Require("function"), call.PathOf("function"));
            json.WriteStartObject();
            WriteText(json, "id", call.Text("id"));
            json.WriteString("type", call.Choice("type", "function") ?? "function");
            json.WriteStartObject("function");
            json.WriteString("name", RequestObject.TextOf(function.Require("name"), function.PathOf("name")));
            json.WriteString("arguments", function.Text("arguments") ?? "");
            json.WriteEndObject();
            json.WriteEndObject();
            call.Ignore("index");
            function.End();
            call.End();
        }

        json.WriteEndArray();
    }

    private static void WriteText(Utf8JsonWriter json, string name, string? text)
    {
        if (text is not null)
        {
            json.WriteString(name, text);
        }
    }
}
