using System.Text.Json;
using NemotronH.Configuration;

namespace NemotronH.Generation.Constraints.Schemas;

/// <summary>Follows references within a schema (RFC 6901).</summary>
internal static class SchemaReference
{
    /// <summary>Finds the schema that a reference is to.</summary>
    /// <param name="document">The whole schema.</param>
    /// <param name="reference">The value of <c>$ref</c>.</param>
    /// <exception cref="JsonSchemaException">There is no such schema.</exception>
    public static JsonElement Resolve(JsonElement document, SchemaPlace reference)
    {
        string pointer = reference.Text();
        if (pointer != "#" && !pointer.StartsWith("#/", StringComparison.Ordinal))
        {
            throw reference.Error($"{JsonText.Quote(reference.Element)} is not supported; expected '#' or '#/' and a path within the schema");
        }

        JsonElement element = document;
        foreach (string token in Uri.UnescapeDataString(pointer).Split('/').Skip(1))
        {
            string name = token.Replace("~1", "/", StringComparison.Ordinal).Replace("~0", "~", StringComparison.Ordinal);
            element = Enter(element, name) ?? throw reference.Error($"{JsonText.Quote(reference.Element)} leads nowhere");
        }

        return element;
    }

    private static JsonElement? Enter(JsonElement element, string name) => element.ValueKind switch
    {
        JsonValueKind.Object => element.TryGetProperty(name, out JsonElement value) ? value : null,
        JsonValueKind.Array => int.TryParse(name, out int index) && index >= 0 && index < element.GetArrayLength() ? element[index] : null,
        _ => null,
    };
}
