using System.Text.Json;
using NemotronH.Text.Templates.Python;
using NemotronH.Text.Templates.Values;

namespace NemotronH.Text.Templates.Chat;

/// <summary>Prepares the messages of OpenAI's API for templates, which want the arguments of tool calls as objects and get them as JSON text.</summary>
internal static class ToolCallArguments
{
    /// <summary>As deep as a request may be; the default is less.</summary>
    private static readonly JsonDocumentOptions Deep = new() { MaxDepth = 512 };

    private static readonly StringValue ToolCalls = new("tool_calls");
    private static readonly StringValue Function = new("function");
    private static readonly StringValue Arguments = new("arguments");

    /// <summary>Parses the arguments of all tool calls in a conversation.</summary>
    /// <returns>The messages; arguments that are no text, or the text of something else than an object, are left as they are.</returns>
    public static TemplateValue ParseIn(TemplateValue messages) => Map(messages, message => Replace(message, ToolCalls, calls => Map(calls, ParseCall)));

    private static TemplateValue ParseCall(TemplateValue call) => call is DictValue dict && dict.Find(Function) is DictValue
        ? Replace(call, Function, function => Replace(function, Arguments, Parse))
        : Replace(call, Arguments, Parse);

    private static TemplateValue Map(TemplateValue list, Func<TemplateValue, TemplateValue> change) =>
        list is ListValue { Items: var items } ? new ListValue([.. items.Select(change)]) : list;

    private static TemplateValue Replace(TemplateValue owner, StringValue key, Func<TemplateValue, TemplateValue> change)
    {
        if (owner is not DictValue dict || dict.Find(key) is not { } old)
        {
            return owner;
        }

        TemplateValue changed = change(old);
        if (ReferenceEquals(changed, old))
        {
            return owner;
        }

        DictValue copy = new();
        foreach ((TemplateValue name, TemplateValue value) in dict.Entries)
        {
            copy.Set(name, name is StringValue { Text: var text } && text == key.Text ? changed : value);
        }

        return copy;
    }

    private static TemplateValue Parse(TemplateValue arguments)
    {
        if (arguments is not StringValue text)
        {
            return arguments;
        }

        // Clients send an empty text for a call without arguments.
        if (PythonText.Strip(text.Text).Length == 0)
        {
            return new DictValue();
        }

        try
        {
            using JsonDocument document = JsonDocument.Parse(text.Text, Deep);
            return document.RootElement.ValueKind == JsonValueKind.Object ? JsonConverter.ToValue(document.RootElement) : arguments;
        }
        catch (Exception exception) when (exception is JsonException or ArgumentException)
        {
            return arguments;
        }
    }
}
