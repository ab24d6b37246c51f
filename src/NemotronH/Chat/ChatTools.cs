using System.Text.Json;
using NemotronH.Configuration;
using NemotronH.Text.Parsing;

namespace NemotronH.Chat;

/// <summary>The tools of a request, as far as its choice leaves any.</summary>
/// <param name="ForTemplate">What the template sees.</param>
/// <param name="Format">How calls are written; <see cref="ToolCallFormat.None"/> without tools.</param>
/// <param name="Callable">The <c>function</c> objects of the tools that may be called.</param>
/// <param name="MustCall">Whether one must be.</param>
internal sealed record ChatTools(JsonElement? ForTemplate, ToolCallFormat Format, IReadOnlyList<JsonElement> Callable, bool MustCall)
{
    private static readonly ChatTools None = new(null, ToolCallFormat.None, [], MustCall: false);

    /// <summary>Whether there are any.</summary>
    public bool Any => Callable.Count > 0;

    /// <summary>Reads a request's tools.</summary>
    /// <param name="request">The request.</param>
    /// <param name="format">How the model writes calls.</param>
    /// <exception cref="RequestException">A tool is malformed, the one to be called is missing, or the model cannot call tools.</exception>
    public static ChatTools Of(ChatRequest request, ToolCallFormat format)
    {
        List<JsonElement> tools = List(request.Tools);
        bool mustCall = request.ToolChoice.Mode == ToolChoiceMode.Required;
        if (request.ToolChoice.Mode == ToolChoiceMode.None || (tools.Count == 0 && !mustCall))
        {
            return None;
        }

        if (format == ToolCallFormat.None)
        {
            throw new RequestException("the request has tools, but neither the model's chat template nor its tokenizer says how it calls them");
        }

        List<JsonElement> functions = [.. tools.Select(Function)];
        if (format == ToolCallFormat.FunctionTags)
        {
            functions.ForEach(RefuseUntaggable);
        }

        string? only = request.ToolChoice.FunctionName;
        List<JsonElement> callable = [.. functions.Where(function => only is null || function.GetProperty("name").GetString() == only)];
        return callable.Count > 0
            ? new ChatTools(request.Tools, format, callable, mustCall)
            : throw new RequestException(only is null
                ? "a tool must be called, but the request has none"
                : $"the tool '{only}' must be called, but the request has none of that name");
    }

    private static List<JsonElement> List(JsonElement? tools) => tools switch
    {
        null or { ValueKind: JsonValueKind.Null } => [],
        { ValueKind: JsonValueKind.Array } list => [.. list.EnumerateArray()],
        { } other => throw new RequestException($"tools is {JsonText.Describe(other)}; expected a list"),
    };

    /// <summary>Names stand within tags as they are, so they must not end these.</summary>
    private static void RefuseUntaggable(JsonElement function)
    {
        string name = function.GetProperty("name").GetString()!;
        if (!CanStandInTag(name))
        {
            throw new RequestException($"the tool {Quote(name)} has '<', '>' or a line break in its name; the model writes names in tags");
        }

        if (Parameters(function).FirstOrDefault(parameter => !CanStandInTag(parameter)) is { } bad)
        {
            throw new RequestException($"the parameter {Quote(bad)} of the tool '{name}' has '<', '>' or a line break in its name; the model writes names in tags");
        }
    }

    private static IEnumerable<string> Parameters(JsonElement function)
    {
        bool has = function.TryGetProperty("parameters", out JsonElement schema) && schema.ValueKind == JsonValueKind.Object;
        IEnumerable<string?> declared = has && schema.TryGetProperty("properties", out JsonElement properties) && properties.ValueKind == JsonValueKind.Object
            ? properties.EnumerateObject().Select(JsonText.Name) : [];
        IEnumerable<string?> required = has && schema.TryGetProperty("required", out JsonElement names) && names.ValueKind == JsonValueKind.Array
            ? names.EnumerateArray().Select(JsonText.Text) : [];
        return declared.Concat(required).OfType<string>();
    }

    private static bool CanStandInTag(string name) => name.AsSpan().IndexOfAny("<>\r\n") < 0;

    private static string Quote(string name) => $"'{JsonText.OneLine(name)}'";

    private static JsonElement Function(JsonElement tool, int index)
    {
        bool isFunction = tool.ValueKind == JsonValueKind.Object
            && tool.TryGetProperty("function", out JsonElement function) && function.ValueKind == JsonValueKind.Object
            && function.TryGetProperty("name", out JsonElement name) && JsonText.Text(name) is { Length: > 0 };
        return isFunction ? tool.GetProperty("function") : throw new RequestException($"tools[{index}] is no function with a name");
    }
}
