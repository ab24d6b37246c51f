using System.Text;
using System.Text.Json;
using NemotronH.Generation.Constraints.Automaton;
using NemotronH.Generation.Constraints.Schemas;
using NemotronH.Text.Parsing;

namespace NemotronH.Generation.Constraints;

/// <summary>The texts of one tool call, whose arguments fit the tool's JSON schema as far as that can be enforced.</summary>
internal static class ToolCallGrammar
{
    /// <summary>A call of one of some tools.</summary>
    /// <param name="format">How the model writes calls.</param>
    /// <param name="functions">The tools' <c>function</c> objects: name and parameters.</param>
    /// <returns>The automata before the call.</returns>
    /// <exception cref="RequestException">There are too many tools, or a tool has too many parameters.</exception>
    public static IEnumerable<ParseStack> Calls(ToolCallFormat format, IReadOnlyCollection<JsonElement> functions)
    {
        if (functions.Count > StackSet.Capacity)
        {
            throw new RequestException($"one of {functions.Count} tools must be called; at most {StackSet.Capacity} are supported");
        }

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
        end.Push(new CallFrame(TaggedParameters.Compile(name, schema))).Push(Markup($"{Tags.CallOpen}\n{Tags.FunctionOpen}{name}>\n"));

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
}
