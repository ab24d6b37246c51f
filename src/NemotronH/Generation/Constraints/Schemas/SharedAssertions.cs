using System.Text.Json;
using System.Text.Json.Nodes;

namespace NemotronH.Generation.Constraints.Schemas;

/// <summary>What stands beside <c>anyOf</c> or <c>oneOf</c> holds for each alternative: .NET writes the types and discriminators of polymorphic types so.</summary>
internal static class SharedAssertions
{
    /// <summary>The keywords that may be shared.</summary>
    public static readonly IReadOnlyList<string> Keywords = ["type", "required"];

    /// <summary>An alternative with the shared assertions in it.</summary>
    /// <param name="alternative">The alternative.</param>
    /// <param name="schema">The schema that it is an alternative of.</param>
    /// <exception cref="JsonSchemaException">They cannot be put together.</exception>
    public static SchemaPlace Add(SchemaPlace alternative, SchemaPlace schema)
    {
        string[] shared = [.. Keywords.Where(schema.Has)];
        if (shared.Length == 0)
        {
            return alternative;
        }

        if (alternative.Element.ValueKind != JsonValueKind.Object || SchemaKeywords.Alone.Concat(SchemaKeywords.Values).Any(alternative.Has))
        {
            throw alternative.Error($"'{shared[0]}' beside the alternatives is supported for alternatives without references, alternatives and constants of their own");
        }

        JsonObject merged = JsonObject.Create(alternative.Element)!;
        foreach (string keyword in shared)
        {
            merged[keyword] = Merge(keyword, alternative, schema);
        }

        return alternative with { Element = JsonSerializer.SerializeToElement(merged) };
    }

    private static JsonNode? Merge(string keyword, SchemaPlace alternative, SchemaPlace schema)
    {
        JsonElement common = schema.Find(keyword)!.Value.Element;
        if (alternative.Find(keyword) is not { } own)
        {
            return JsonSerializer.SerializeToNode(common);
        }

        if (keyword == "type")
        {
            return JsonElement.DeepEquals(own.Element, common) ? JsonSerializer.SerializeToNode(common) : throw own.Error("differs from the type beside the alternatives");
        }

        IEnumerable<string> names = ((SchemaPlace[])[schema.Find(keyword)!.Value, own])
            .Where(list => list.Element is not { ValueKind: JsonValueKind.Array } array || array.GetArrayLength() > 0)
            .SelectMany(list => list.Items()).Select(name => name.Text()).Distinct();
        return new JsonArray([.. names.Select(name => JsonValue.Create(name))]);
    }
}
