using System.Text;
using System.Text.Json;
using System.Text.Json.Nodes;
using NemotronH.Configuration;
using NemotronH.Generation.Constraints.Automaton;
using NemotronH.Generation.Constraints.Schemas;
using NemotronH.Text.Parsing;

namespace NemotronH.Generation.Constraints;

/// <summary>The parameters of a tool call in tags: strings are written as they are, other values as JSON, so that parsers read them back.</summary>
internal static class TaggedParameters
{
    private const int MostReferences = 16;
    private static readonly string[] TypesInJson = ["integer", "number", "boolean", "null", "object", "array"];

    /// <summary>Compiles the parameters in the schema's order, then those that are only required.</summary>
    /// <param name="tool">The tool's name.</param>
    /// <param name="schema">Its <c>parameters</c>.</param>
    /// <exception cref="RequestException">There are too many.</exception>
    public static IReadOnlyList<DeclaredProperty> Compile(string tool, JsonElement? schema)
    {
        if (schema is not { } document)
        {
            return [];
        }

        HashSet<string> required = document.TryGetProperty("required", out JsonElement names) && names.ValueKind == JsonValueKind.Array
            ? [.. names.EnumerateArray().Select(JsonText.Text).OfType<string>()]
            : [];
        List<(string Name, SchemaPlace Value)> declared = new SchemaPlace(document, "#").Find("properties")?.Members() ?? [];
        List<DeclaredProperty> parameters =
        [
            .. declared.Select(member => Parameter(member.Name, Argument(document, member.Value), required.Contains(member.Name))),
            .. required.Except(declared.Select(member => member.Name)).Select(name => Parameter(name, AnyText(), isRequired: true)),
        ];

        // Beside the parameters that may come next there is the end of the call.
        return parameters.Count < StackSet.Capacity
            ? parameters
            : throw new RequestException($"the tool '{tool}' has {parameters.Count} parameters; at most {StackSet.Capacity - 1} are supported");
    }

    private static DeclaredProperty Parameter(string name, ValueNode value, bool isRequired) =>
        new(name, Encoding.UTF8.GetBytes($"{Tags.ParameterOpen[1..]}{name}>\n"), value, isRequired);

    private static ValueNode Argument(JsonElement document, SchemaPlace schema)
    {
        IReadOnlySet<string> types = ArgumentTypes.Of(document, schema.Element);
        return types.Count == 0 || !types.All(TypesInJson.Contains) ? Text(Dereference(document, schema), types)
            : TryCompile(document, schema)
            ?? TryCompile(document, schema with { Element = WithoutUnknown(schema.Element, types) })
            ?? SchemaCompiler.Compile(JsonSerializer.SerializeToElement(new { type = types }));
    }

    private static ValueNode? TryCompile(JsonElement document, SchemaPlace schema)
    {
        try
        {
            return SchemaCompiler.Compile(document, schema);
        }
        catch (JsonSchemaException)
        {
            return null;
        }
    }

    /// <summary>What is left of a schema without the keywords that cannot be enforced.</summary>
    private static JsonElement WithoutUnknown(JsonElement schema, IReadOnlySet<string> types)
    {
        JsonObject known = [];
        foreach (JsonProperty property in schema.EnumerateObject().Where(property => JsonText.Name(property) is { } name && SchemaKeywords.IsKnown(name)))
        {
            string? value = property.NameEquals("type") ? JsonSerializer.Serialize(types) : CompactJson.Of(property.Value);
            if (value is not null)
            {
                known[property.Name] = JsonNode.Parse(value);
            }
        }

        return JsonSerializer.SerializeToElement(known);
    }

    /// <summary>The schema behind references, and behind <c>allOf</c> with a single one.</summary>
    private static SchemaPlace Dereference(JsonElement document, SchemaPlace schema)
    {
        for (int i = 0; i < MostReferences && schema.Element.ValueKind == JsonValueKind.Object; i++)
        {
            JsonElement? next = schema.Find("$ref") is { } reference && JsonText.Text(reference.Element) is { } pointer && JsonPointer.IsLocal(pointer)
                ? JsonPointer.Find(document, pointer)
                : schema.Find("allOf") is { Element: { ValueKind: JsonValueKind.Array } list } && list.GetArrayLength() == 1 ? list[0] : null;
            if (next is null)
            {
                break;
            }

            schema = schema with { Element = next.Value };
        }

        return schema;
    }

    private static ValueNode Text(SchemaPlace schema, IReadOnlySet<string> types)
    {
        if (schema.Element.ValueKind != JsonValueKind.Object)
        {
            return AnyText();
        }

        JsonElement[] listed = schema.Find("const") is { } single ? [single.Element]
            : schema.Find("enum") is { Element: { ValueKind: JsonValueKind.Array } list } ? [.. list.EnumerateArray()] : [];
        List<(JsonElement, byte[])> values = [.. listed
            .Where(value => types.Any(type => SchemaTypes.Matches(type, value)))
            .Select(value => (value, Encoding.UTF8.GetBytes((value.ValueKind == JsonValueKind.String ? JsonText.Text(value) : CompactJson.Of(value)) ?? "")))];
        return values.Count > 0 && values.TrueForAll(value => value.Item2.Length > 0) ? new LiteralNode(values) { Height = 0 } : AnyText(MaxLength(schema));
    }

    private static int MaxLength(SchemaPlace schema)
    {
        try
        {
            return schema.Count("maxLength", int.MaxValue);
        }
        catch (JsonSchemaException)
        {
            return int.MaxValue;
        }
    }

    private static RawTextNode AnyText(int maxLength = int.MaxValue) => new(maxLength) { Height = 0 };
}
