using System.Collections.Frozen;
using System.Text.Json;

namespace NemotronH.Generation.Constraints.Schemas;

/// <summary>The keywords of JSON Schema that are known here.</summary>
internal static class SchemaKeywords
{
    /// <summary>Keywords that combine or name whole schemas; they stand alone, but for annotations.</summary>
    public static readonly FrozenSet<string> Alone = FrozenSet.Create("$ref", "anyOf", "oneOf", "allOf");

    /// <summary>Keywords that list values; only <c>type</c> may stand beside them.</summary>
    public static readonly FrozenSet<string> Values = FrozenSet.Create("enum", "const");

    private static readonly FrozenSet<string> Annotations = FrozenSet.Create(
        "title", "description", "default", "example", "examples", "$schema", "$id", "$comment", "$defs", "definitions", "deprecated", "readOnly",
        "writeOnly", "contentMediaType", "contentEncoding");

    /// <summary>The kinds of values that an assertion is about.</summary>
    private static readonly FrozenDictionary<string, string> Subjects = new Dictionary<string, string>
    {
        ["properties"] = "object",
        ["required"] = "object",
        ["additionalProperties"] = "object",
        ["minProperties"] = "object",
        ["maxProperties"] = "object",
        ["items"] = "array",
        ["minItems"] = "array",
        ["maxItems"] = "array",
        ["minLength"] = "string",
        ["maxLength"] = "string",
        ["format"] = "string",
        ["minimum"] = "number",
        ["maximum"] = "number",
        ["exclusiveMinimum"] = "number",
        ["exclusiveMaximum"] = "number",
    }.ToFrozenDictionary();

    /// <summary>The kinds of values that a schema is about which names none.</summary>
    public static IReadOnlyList<string> InferTypes(SchemaPlace schema) =>
        [.. schema.Members().Where(member => Subjects.ContainsKey(member.Name)).Select(member => Subjects[member.Name]).Distinct()];

    /// <summary>Whether a keyword is known, if only as an annotation.</summary>
    public static bool IsKnown(string name) => Annotations.Contains(name) || IsAssertion(name);

    /// <summary>Refuses what is not supported.</summary>
    /// <exception cref="JsonSchemaException">A keyword is not supported, or not beside another.</exception>
    public static void Verify(SchemaPlace schema)
    {
        List<string> assertions = [.. schema.Members().Where(member => !Annotations.Contains(member.Name)).Select(member => member.Name)];
        if (assertions.Find(name => !IsAssertion(name)) is { } unknown)
        {
            throw schema.Error($"the keyword '{unknown}' is not supported; supported are {Join(["type", .. Values, .. Alone, .. Subjects.Keys])}");
        }

        if (assertions.Find(Alone.Contains) is { } alone && assertions.Find(name => name != alone && !MayStandBeside(alone, name, schema)) is { } other)
        {
            throw schema.Error($"'{other}' beside '{alone}' is not supported");
        }

        if (assertions.Find(Values.Contains) is { } values && assertions.Find(name => name != values && name != "type") is { } beside)
        {
            throw schema.Error($"'{beside}' beside '{values}' is not supported");
        }
    }

    private static bool IsAssertion(string name) => name == "type" || Alone.Contains(name) || Values.Contains(name) || Subjects.ContainsKey(name);

    private static bool MayStandBeside(string alone, string name, SchemaPlace schema) =>
        SaysNothing(name, schema.Find(name)!.Value.Element) || (alone is "anyOf" or "oneOf" && SharedAssertions.Keywords.Contains(name));

    /// <summary>Whether an assertion holds for all values: Microsoft.Extensions.AI puts <c>"items": {}</c> beside references, for one.</summary>
    private static bool SaysNothing(string name, JsonElement value) => name switch
    {
        "items" or "additionalProperties" => value.ValueKind == JsonValueKind.True || IsEmpty(value),
        "properties" => IsEmpty(value),
        "required" => value.ValueKind == JsonValueKind.Array && value.GetArrayLength() == 0,
        _ => false,
    };

    private static bool IsEmpty(JsonElement value) => value.ValueKind == JsonValueKind.Object && value.GetPropertyCount() == 0;

    private static string Join(IEnumerable<string> names) => string.Join(", ", names.Order(StringComparer.Ordinal));
}
