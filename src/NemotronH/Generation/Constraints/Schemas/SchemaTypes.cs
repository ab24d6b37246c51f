using System.Text.Json;
using NemotronH.Configuration;

namespace NemotronH.Generation.Constraints.Schemas;

/// <summary>Reads the keyword <c>type</c>.</summary>
internal static class SchemaTypes
{
    private static readonly string[] Known = ["string", "number", "integer", "boolean", "null", "object", "array"];

    /// <summary>The types that a schema names; integers are left out beside numbers.</summary>
    /// <exception cref="JsonSchemaException">There is none such.</exception>
    public static IReadOnlyList<string> Read(SchemaPlace schema)
    {
        SchemaPlace place = schema.Find("type")!.Value;
        List<SchemaPlace> places = place.Element.ValueKind == JsonValueKind.Array ? place.Items() : [place];
        List<string> types = [.. places.Select(ReadOne).Distinct()];
        return types.Contains("number") ? [.. types.Where(type => type != "integer")] : types;
    }

    /// <summary>Whether a value is of a type.</summary>
    public static bool Matches(string type, JsonElement value) => type switch
    {
        "string" => value.ValueKind == JsonValueKind.String,
        "number" => value.ValueKind == JsonValueKind.Number,
        "integer" => value.ValueKind == JsonValueKind.Number && value.TryGetDouble(out double number) && number == Math.Floor(number),
        "boolean" => value.ValueKind is JsonValueKind.True or JsonValueKind.False,
        "null" => value.ValueKind == JsonValueKind.Null,
        "object" => value.ValueKind == JsonValueKind.Object,
        _ => value.ValueKind == JsonValueKind.Array,
    };

    private static string ReadOne(SchemaPlace place)
    {
        string type = place.Text();
        return Known.Contains(type) ? type : throw place.Error($"is {JsonText.Quote(place.Element)}; expected one of {string.Join(", ", Known)}");
    }
}
