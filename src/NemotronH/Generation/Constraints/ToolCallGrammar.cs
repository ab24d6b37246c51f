using System.Text;
using System.Text.Json;
using NemotronH.Generation.Constraints.Automaton;
using NemotronH.Generation.Constraints.Schemas;
using NemotronH.Text.Parsing;

namespace NemotronH.Generation.Constraints;

/// <summary>The texts of one tool call, whose arguments fit the tool's JSON schema as far as that can be enforced.</summary>
internal static class ToolCallGrammar
{
    private static readonly string[] TypesInJson = ["integer", "number", "boolean", "null", "object", "array"];

    /// <summary>A call of one of some tools.</summary>
    /// <param name="format">How the model writes calls.</param>
    /// <param name="functions">The tools' <c>function</c> objects: name and parameters.</param>
    /// <returns>The automata before the call.</returns>
    public static IEnumerable<ParseStack> Calls(ToolCallFormat format, IEnumerable<JsonElement> functions)
    {
        ParseStack end = ParseStack.Bottom(JsonGrammar.MaxNesting);
        foreach (JsonElement function in functions)
        {
            string name = function.GetProperty("name").GetString()!;
            JsonElement? schema = function.TryGetProperty("parameters", out JsonElement parameters) && parameters.ValueKind == JsonValueKind.Object ? parameters : null;
            yield return format == ToolCallFormat.FunctionTags ? Tagged(end, name, schema) : Listed(end, name, schema);
        }
    }

    /// <summary>The beginning of a call that may go on in any way, or any other text that begins like one.</summary>
    public static ParseStack Opening(ToolCallFormat format) =>
        ParseStack.Bottom(JsonGrammar.MaxNesting).Push(FreeFrame.Instance).Push(Markup(OpeningTag(format)));

    /// <summary>The tag that begins a call.</summary>
    public static string OpeningTag(ToolCallFormat format) => format == ToolCallFormat.FunctionTags ? Tags.CallOpen : Tags.ListOpen;

    private static ParseStack Tagged(ParseStack end, string name, JsonElement? schema) =>
        end.Push(new CallFrame(Parameters(schema))).Push(Markup($"{Tags.CallOpen}\n{Tags.FunctionOpen}{name}>\n"));

    private static ParseStack Listed(ParseStack end, string name, JsonElement? schema)
    {
        byte[] beginning = [.. Encoding.UTF8.GetBytes($"{Tags.ListOpen}[{{\"name\": \""), .. LiteralReader.SpellName(name)[..^1], .. ", \"arguments\": "u8];
        return end.Push(Markup($"}}]{Tags.ListClose}")).Push(new ValueFrame(Arguments(schema))).Push(new LiteralFrame(beginning, IsMarkup: true));
    }

    private static LiteralFrame Markup(string text) => new(Encoding.UTF8.GetBytes(text), IsMarkup: true);

    private static ValueNode Arguments(JsonElement? schema)
    {
        try
        {
            return schema is { } given && given.EnumerateObject().Any() ? SchemaCompiler.Compile(given) : SchemaCompiler.CompileAnyObject();
        }
        catch (JsonSchemaException)
        {
            return SchemaCompiler.CompileAnyObject();
        }
    }

    private static List<DeclaredProperty> Parameters(JsonElement? schema)
    {
        if (schema is not { } document || new SchemaPlace(document, "#").Find("properties") is not { } properties)
        {
            return [];
        }

        HashSet<string?> required = document.TryGetProperty("required", out JsonElement names) && names.ValueKind == JsonValueKind.Array
            ? [.. names.EnumerateArray().Select(Configuration.JsonText.Text)]
            : [];
        return [.. properties.Members().Select(member => new DeclaredProperty(
            member.Name, Encoding.UTF8.GetBytes($"{Tags.ParameterOpen[1..]}{member.Name}>\n"), Argument(document, member.Value), required.Contains(member.Name)))];
    }

    /// <summary>Strings are written as they are, other values as JSON. What cannot be enforced becomes text, as parsers read it.</summary>
    private static ValueNode Argument(JsonElement document, SchemaPlace schema)
    {
        try
        {
            return IsJson(schema) ? SchemaCompiler.Compile(document, schema) : Text(schema);
        }
        catch (JsonSchemaException)
        {
            return new RawTextNode(int.MaxValue) { Height = 0 };
        }
    }

    private static bool IsJson(SchemaPlace schema) =>
        schema.Element.ValueKind == JsonValueKind.Object && schema.Has("type") && SchemaTypes.Read(schema).All(TypesInJson.Contains);

    private static ValueNode Text(SchemaPlace schema)
    {
        if (schema.Element.ValueKind != JsonValueKind.Object)
        {
            return new RawTextNode(int.MaxValue) { Height = 0 };
        }

        string?[] values = schema.Find("enum") is { } list ? [.. list.Items().Select(item => Configuration.JsonText.Text(item.Element))] : [];
        return values.Length > 0 && values.All(value => value is { Length: > 0 })
            ? new LiteralNode([.. values.Select(value => (JsonSerializer.SerializeToElement(value), Encoding.UTF8.GetBytes(value!)))]) { Height = 0 }
            : new RawTextNode(schema.Count("maxLength", int.MaxValue)) { Height = 0 };
    }
}
