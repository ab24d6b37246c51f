using System.Text.Json;
using NemotronH.Configuration;

namespace NemotronH.Generation.Constraints.Schemas;

/// <summary>Follows references within a schema.</summary>
internal static class SchemaReference
{
    /// <summary>Finds the schema that a reference is to.</summary>
    /// <param name="document">The whole schema.</param>
    /// <param name="reference">The value of <c>$ref</c>.</param>
    /// <exception cref="JsonSchemaException">There is no such schema.</exception>
    public static JsonElement Resolve(JsonElement document, SchemaPlace reference)
    {
        string pointer = reference.Text();
        if (!JsonPointer.IsLocal(pointer))
        {
            throw reference.Error($"{JsonText.Quote(reference.Element)} is not supported; expected '#' or '#/' and a path within the schema");
        }

        return JsonPointer.Find(document, pointer) ?? throw reference.Error($"{JsonText.Quote(reference.Element)} leads nowhere");
    }
}
