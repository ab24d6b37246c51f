using System.Globalization;
using System.Text.Json;
using System.Text.RegularExpressions;

namespace NemotronH.Tests.Generation.Constraints;

/// <summary>
/// A plain validator of whole documents: it walks schema and value together, by the letter of JSON Schema 2020-12, and knows nothing of automata.
/// </summary>
internal sealed partial class SchemaValidator(JsonElement root)
{
    /// <summary>Whether the whole schema allows a value.</summary>
    public bool Allows(JsonElement value) => Allows(root, value);

    private bool Allows(JsonElement schema, JsonElement value)
    {
        if (schema.ValueKind is JsonValueKind.True or JsonValueKind.False)
        {
            return schema.ValueKind == JsonValueKind.True;
        }

        return schema.EnumerateObject().All(keyword => Holds(schema, keyword.Name, keyword.Value, value));
    }

    private bool Holds(JsonElement schema, string keyword, JsonElement argument, JsonElement value) => keyword switch
    {
        "$ref" => Allows(Follow(argument.GetString()!), value),
        "anyOf" => argument.EnumerateArray().Any(alternative => Allows(alternative, value)),
        "oneOf" => argument.EnumerateArray().Count(alternative => Allows(alternative, value)) == 1,
        "allOf" => argument.EnumerateArray().All(alternative => Allows(alternative, value)),
        "enum" => argument.EnumerateArray().Any(candidate => JsonElement.DeepEquals(candidate, value)),
        "const" => JsonElement.DeepEquals(argument, value),
        "type" => argument.ValueKind == JsonValueKind.Array ? argument.EnumerateArray().Any(type => IsOf(type, value)) : IsOf(argument, value),
        _ => value.ValueKind switch
        {
            JsonValueKind.String => StringHolds(keyword, argument, value.GetString()!),
            JsonValueKind.Number => NumberHolds(keyword, argument, value.GetDecimal()),
            JsonValueKind.Array => ArrayHolds(keyword, argument, value),
            JsonValueKind.Object => ObjectHolds(schema, keyword, argument, value),
            _ => true,
        },
    };

    private static bool StringHolds(string keyword, JsonElement argument, string text) => keyword switch
    {
        "minLength" => text.EnumerateRunes().Count() >= argument.GetInt32(),
        "maxLength" => text.EnumerateRunes().Count() <= argument.GetInt32(),
        "format" => argument.GetString() switch
        {
            "date" => DateOnly.TryParseExact(text, "yyyy-MM-dd", CultureInfo.InvariantCulture, DateTimeStyles.None, out _),
            "date-time" => Rfc3339().IsMatch(text) && DateTimeOffset.TryParse(text, CultureInfo.InvariantCulture, out _),
            "uuid" => Guid.TryParseExact(text, "D", out _),
            _ => true,
        },
        _ => true,
    };

    private static bool NumberHolds(string keyword, JsonElement argument, decimal number) => keyword switch
    {
        "minimum" => number >= argument.GetDecimal(),
        "maximum" => number <= argument.GetDecimal(),
        "exclusiveMinimum" => number > argument.GetDecimal(),
        "exclusiveMaximum" => number < argument.GetDecimal(),
        _ => true,
    };

    private bool ArrayHolds(string keyword, JsonElement argument, JsonElement list) => keyword switch
    {
        "minItems" => list.GetArrayLength() >= argument.GetInt32(),
        "maxItems" => list.GetArrayLength() <= argument.GetInt32(),
        "items" => list.EnumerateArray().All(item => Allows(argument, item)),
        _ => true,
    };

    private bool ObjectHolds(JsonElement schema, string keyword, JsonElement argument, JsonElement value)
    {
        HashSet<string> names = [.. value.EnumerateObject().Select(property => property.Name)];
        switch (keyword)
        {
            case "required":
                return argument.EnumerateArray().All(name => names.Contains(name.GetString()!));
            case "properties":
                return argument.EnumerateObject().All(property => !names.Contains(property.Name) || Allows(property.Value, value.GetProperty(property.Name)));
            case "additionalProperties":
                HashSet<string> declared = schema.TryGetProperty("properties", out JsonElement properties) ? [.. properties.EnumerateObject().Select(p => p.Name)] : [];
                return value.EnumerateObject().Where(property => !declared.Contains(property.Name)).All(property => Allows(argument, property.Value));
            case "minProperties":
                return names.Count >= argument.GetInt32();
            case "maxProperties":
                return names.Count <= argument.GetInt32();
            default:
                return true;
        }
    }

    private static bool IsOf(JsonElement type, JsonElement value) => type.GetString() switch
    {
        "integer" => value.ValueKind == JsonValueKind.Number && value.GetDecimal() % 1 == 0,
        "boolean" => value.ValueKind is JsonValueKind.True or JsonValueKind.False,
        string name => value.ValueKind.ToString().Equals(name, StringComparison.OrdinalIgnoreCase),
        null => false,
    };

    private JsonElement Follow(string reference) =>
        reference.Split('/').Skip(1).Aggregate(root, (element, name) => element.ValueKind == JsonValueKind.Array ? element[int.Parse(name, CultureInfo.InvariantCulture)] : element.GetProperty(name));

    [GeneratedRegex(@"^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d+)?(Z|[+-]\d\d:\d\d)\z")]
    private static partial Regex Rfc3339();
}
