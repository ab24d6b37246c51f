using System.Text.Json;
using NemotronH.Server.Errors;

namespace NemotronH.Server.Requests;

/// <summary>Reads prompts: a text, texts, tokens, or lists of tokens.</summary>
internal static class PromptReader
{
    private const string Expected = "a string, a list of strings, a list of token ids or a list of lists of token ids";

    /// <summary>Reads one or several prompts.</summary>
    /// <exception cref="ApiException">They are not what they should be.</exception>
    internal static IReadOnlyList<Prompt> Read(JsonElement prompt, string path)
    {
        if (prompt.ValueKind == JsonValueKind.String)
        {
            return [new Prompt(RequestObject.TextOf(prompt, path), null, path)];
        }

        if (prompt.ValueKind != JsonValueKind.Array)
        {
            throw RequestObject.WrongType(path, prompt, Expected);
        }

        if (prompt.GetArrayLength() == 0)
        {
            throw ApiException.BadRequest(path, $"'{path}' is empty; expected {Expected}");
        }

        return prompt[0].ValueKind == JsonValueKind.Number
            ? [new Prompt(null, ReadIds(prompt, path), path)]
            : [.. prompt.EnumerateArray().Select((entry, i) => ReadEntry(entry, $"{path}[{i}]"))];
    }

    /// <summary>Reads a list of token ids.</summary>
    /// <exception cref="ApiException">It is not what it should be.</exception>
    internal static IReadOnlyList<int> ReadIds(JsonElement ids, string path) => ids.ValueKind != JsonValueKind.Array
        ? throw RequestObject.WrongType(path, ids, "a list of token ids")
        : [.. ids.EnumerateArray().Select((id, i) => (int)RequestObject.IntegerOf(id, $"{path}[{i}]", 0, int.MaxValue))];

    private static Prompt ReadEntry(JsonElement entry, string path) => entry.ValueKind switch
    {
        JsonValueKind.String => new Prompt(RequestObject.TextOf(entry, path), null, path),
        JsonValueKind.Array => new Prompt(null, ReadIds(entry, path), path),
        _ => throw RequestObject.WrongType(path, entry, "a string or a list of token ids"),
    };
}
