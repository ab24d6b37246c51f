using System.Text;
using System.Text.Json;

namespace NemotronH.Text.Parsing;

/// <summary>Reads Nemotron Nano v2's calls: a JSON list inside <c>&lt;TOOLCALL&gt;</c>.</summary>
/// <remarks>A stream may end before <c>&lt;/TOOLCALL&gt;</c>, and a string in the list may hold that tag.</remarks>
internal sealed class JsonListReader : IToolCallReader
{
    /// <inheritdoc/>
    public string OpeningTag => Tags.ListOpen;

    /// <inheritdoc/>
    public ToolCallReading Read(string text, bool isWhole)
    {
        int start = OpeningTag.Length;
        ReadOnlySpan<char> rest = text.AsSpan(start).TrimStart();
        if (rest.Length == 0 || rest[0] != '[')
        {
            return rest.Length == 0 && !isWhole ? ToolCallStatus.Undecided : ToolCallStatus.NotACall;
        }

        for (int end = Find(text, start); end >= 0; end = Find(text, end + 1))
        {
            string json = text[start..end];
            if (ReadCalls(json) is { } calls)
            {
                return new ToolCallReading(ToolCallStatus.Complete, end + Tags.ListClose.Length, calls);
            }

            if (!MayGoOn(json))
            {
                return ToolCallStatus.Malformed;
            }
        }

        if (!isWhole)
        {
            return ToolCallStatus.Incomplete;
        }

        List<ToolCall>? cutOff = ReadCalls(WithoutPartOfTag(text[start..]));
        return cutOff is null ? ToolCallStatus.Malformed : new ToolCallReading(ToolCallStatus.Complete, text.Length, cutOff);
    }

    private static int Find(string text, int from) => text.IndexOf(Tags.ListClose, from, StringComparison.Ordinal);

    private static string WithoutPartOfTag(string text) => text[..^Tags.CountPossibleBeginning(text, [Tags.ListClose])];

    /// <summary>Whether a text is the beginning of some JSON, as it is where the closing tag stands in a string.</summary>
    private static bool MayGoOn(string json)
    {
        Utf8JsonReader reader = new(Encoding.UTF8.GetBytes(json), isFinalBlock: false, default);
        try
        {
            while (reader.Read())
            {
            }

            return reader.CurrentDepth > 0;
        }
        catch (JsonException)
        {
            return false;
        }
    }

    /// <summary>Reads the list, or gives <see langword="null"/> where it is none of calls, or empty.</summary>
    private static List<ToolCall>? ReadCalls(string json)
    {
        try
        {
            using JsonDocument document = JsonDocument.Parse(json);
            List<ToolCall?> calls = [.. document.RootElement.EnumerateArray().Select(ReadCall)];
            return calls.Count == 0 || calls.Contains(null) ? null : [.. calls.OfType<ToolCall>()];
        }
        catch (Exception exception) when (exception is JsonException or InvalidOperationException or ArgumentException)
        {
            return null;
        }
    }

    private static ToolCall? ReadCall(JsonElement call)
    {
        if (call.ValueKind != JsonValueKind.Object || Text(call, "name") is not { Length: > 0 } name)
        {
            return null;
        }

        JsonElement arguments = call.TryGetProperty("arguments", out JsonElement given) ? given : default;
        string? json = arguments.ValueKind switch
        {
            JsonValueKind.Object => CompactJson.Of(arguments),
            JsonValueKind.String => CompactText(arguments.GetString()!),
            JsonValueKind.Null or JsonValueKind.Undefined => "{}",
            _ => null,
        };
        return json is null ? null : new(Text(call, "id"), name, json);
    }

    private static string? CompactText(string json)
    {
        using JsonDocument document = JsonDocument.Parse(json);
        return document.RootElement.ValueKind == JsonValueKind.Object ? CompactJson.Of(document.RootElement) : null;
    }

    private static string? Text(JsonElement owner, string name) =>
        owner.TryGetProperty(name, out JsonElement value) && value.ValueKind == JsonValueKind.String ? value.GetString() : null;
}
