using System.Text.Json;
using NemotronH.Configuration;
using NemotronH.Generation.Constraints.Automaton;

namespace NemotronH.Generation.Constraints.Schemas;

/// <summary>Compiles the part of a schema that is about one type of values.</summary>
/// <param name="compiler">Compiles the schemas within.</param>
/// <param name="schema">The schema.</param>
internal sealed class TypeCompiler(SchemaCompiler compiler, SchemaPlace schema)
{
    /// <summary>Compiles the part about a type.</summary>
    public ValueNode Compile(string type) => type switch
    {
        "string" => CompileString(),
        "number" => NumberBounds.Compile(schema, isInteger: false),
        "integer" => NumberBounds.Compile(schema, isInteger: true),
        "boolean" => LiteralReader.Of("true", "false"),
        "null" => LiteralReader.Of("null"),
        "object" => CompileObject(),
        _ => CompileArray(),
    };

    private ValueNode CompileString()
    {
        (int minimum, int maximum) = Range("minLength", "maxLength");
        if (schema.Find("format") is not { } place || TextFormat.Find(place.Text()) is not { } format)
        {
            return new StringNode(minimum, maximum);
        }

        return minimum == 0 && maximum == int.MaxValue
            ? new FormatNode(format)
            : throw schema.Error($"'minLength' and 'maxLength' beside the format '{place.Text()}' are not supported");
    }

    private ArrayNode CompileArray()
    {
        (int minimum, int maximum) = Range("minItems", "maxItems");
        return new ArrayNode(schema.Find("items") is { } items ? compiler.CompilePart(items) : compiler.Any(), minimum, maximum);
    }

    private ObjectNode CompileObject()
    {
        (int minimum, int maximum) = Range("minProperties", "maxProperties");
        SchemaPlace? others = schema.Find("additionalProperties");
        ObjectNode node = new()
        {
            MinProperties = minimum,
            MaxProperties = maximum,
            IsClosed = others?.Element.ValueKind == JsonValueKind.False,
        };
        ValueNode? additional = node.IsClosed ? null : others is { } schemaOfOthers ? compiler.CompilePart(schemaOfOthers) : null;
        DeclareAll(node, additional);

        // Where the schema says nothing of other properties, they are left out, unless there would be none at all.
        bool needsOthers = node.Properties.Count == 0 || node.Properties.Count < minimum;
        node.Additional = additional ?? (!node.IsClosed && needsOthers ? compiler.Any() : null);
        return node;
    }

    /// <summary>Declares the properties in the schema's order, then those that are only required.</summary>
    private void DeclareAll(ObjectNode node, ValueNode? additional)
    {
        List<string> required = Required();
        List<(string Name, SchemaPlace Schema)> declared = schema.Find("properties")?.Members() ?? [];
        foreach ((string name, SchemaPlace value) in declared)
        {
            Declare(node, name, compiler.CompilePart(value), required.Contains(name));
        }

        foreach (string name in required.Except(declared.Select(property => property.Name)))
        {
            Declare(node, name, Undeclared(node, additional, name), isRequired: true);
        }
    }

    private List<string> Required()
    {
        bool isEmpty = schema.Find("required") is { Element: { ValueKind: JsonValueKind.Array } list } && list.GetArrayLength() == 0;
        return isEmpty ? [] : [.. schema.Find("required")?.Items().Select(name => name.Text()).Distinct() ?? []];
    }

    private ValueNode Undeclared(ObjectNode node, ValueNode? additional, string name) =>
        node.IsClosed ? throw schema.Error($"'{name}' is required, but neither declared nor allowed") : additional ?? compiler.Any();

    private void Declare(ObjectNode node, string name, ValueNode value, bool isRequired)
    {
        string key = ObjectNode.Key(name);
        if (node.Declares(key))
        {
            throw schema.Error($"the property {JsonText.Quote(JsonSerializer.SerializeToElement(name))} is declared twice");
        }

        node.Properties.Add(new DeclaredProperty(key, LiteralReader.SpellName(name), value, isRequired));
    }

    private (int Minimum, int Maximum) Range(string minimum, string maximum)
    {
        (int low, int high) = (schema.Count(minimum, 0), schema.Count(maximum, int.MaxValue));
        return low <= high ? (low, high) : throw schema.Error($"'{minimum}' is {low}, more than '{maximum}', {high}");
    }
}
