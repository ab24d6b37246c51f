using System.Text.Json;
using NemotronH.Configuration;

namespace NemotronH.Text.Parsing;

/// <summary>Finds the JSON types of a tool's argument, wherever its schema says them.</summary>
internal static class ArgumentTypes
{
    /// <summary>The types that a schema allows, as far as it says.</summary>
    /// <param name="document">The schema of all parameters, which references are to.</param>
    /// <param name="schema">The schema of one, anywhere in it.</param>
    /// <returns>
    /// What <c>type</c> and <c>nullable</c> say; without <c>type</c> the types of the values of <c>enum</c> and <c>const</c>, and <c>object</c> or <c>array</c>
    /// where there are <c>properties</c> or <c>items</c>; with those of the schemas behind <c>$ref</c>, <c>allOf</c>, <c>anyOf</c> and <c>oneOf</c>. Empty where
    /// nothing is said.
    /// </returns>
    public static IReadOnlySet<string> Of(JsonElement document, JsonElement schema)
    {
        HashSet<string> types = [], followed = [];
        Stack<JsonElement> open = new([schema]);
        while (open.TryPop(out JsonElement next))
        {
            if (next.ValueKind == JsonValueKind.Object)
            {
                bool isTyped = next.EnumerateObject().Any(property => JsonText.Name(property) == "type");
                types.UnionWith(next.EnumerateObject().SelectMany(property => Said(property, isTyped)));
                next.EnumerateObject().SelectMany(property => Within(document, property, followed)).ToList().ForEach(open.Push);
            }
        }

        return types;
    }

    /// <summary>The types that a keyword says.</summary>
    private static IEnumerable<string> Said(JsonProperty keyword, bool isTyped) => (JsonText.Name(keyword), keyword.Value.ValueKind) switch
    {
        ("type", JsonValueKind.Array) => keyword.Value.EnumerateArray().Select(JsonText.Text).OfType<string>(),
        ("type", _) => [JsonText.Text(keyword.Value) ?? ""],
        ("nullable", JsonValueKind.True) => ["null"],
        ("enum", JsonValueKind.Array) when !isTyped => keyword.Value.EnumerateArray().Select(TypeOf),
        ("const", _) when !isTyped => [TypeOf(keyword.Value)],
        ("properties", JsonValueKind.Object) when !isTyped => ["object"],
        ("items", JsonValueKind.Object) when !isTyped => ["array"],
        _ => [],
    };

    /// <summary>The schemas that a keyword puts in the place of its own; each reference once, as it may lead back to itself.</summary>
    private static IEnumerable<JsonElement> Within(JsonElement document, JsonProperty keyword, HashSet<string> followed) =>
        (JsonText.Name(keyword), keyword.Value.ValueKind) switch
        {
            ("allOf" or "anyOf" or "oneOf", JsonValueKind.Array) => keyword.Value.EnumerateArray(),
            ("$ref", _) when JsonText.Text(keyword.Value) is { } reference && JsonPointer.IsLocal(reference) && followed.Add(reference)
                && JsonPointer.Find(document, reference) is { } schema => [schema],
            _ => [],
        };

    private static string TypeOf(JsonElement value) => value.ValueKind switch
    {
        JsonValueKind.String => "string",
        JsonValueKind.Number => value.GetRawText().AsSpan().IndexOfAny('.', 'e', 'E') < 0 ? "integer" : "number",
        JsonValueKind.True or JsonValueKind.False => "boolean",
        JsonValueKind.Object => "object",
        JsonValueKind.Array => "array",
        _ => "null",
    };
}
