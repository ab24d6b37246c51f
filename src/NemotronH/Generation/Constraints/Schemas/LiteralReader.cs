using System.Buffers;
using System.Text;
using System.Text.Encodings.Web;
using System.Text.Json;
using NemotronH.Generation.Constraints.Automaton;

namespace NemotronH.Generation.Constraints.Schemas;

/// <summary>Reads <c>enum</c> and <c>const</c>.</summary>
internal static class LiteralReader
{
    private const int MaxValues = 10_000;
    private static readonly JsonWriterOptions Spelling = new() { Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping };

    /// <summary>The values that a schema lists, as far as they are of its types.</summary>
    /// <exception cref="JsonSchemaException">There are none, or too many.</exception>
    public static LiteralNode Read(SchemaPlace schema)
    {
        List<SchemaPlace> values = schema.Find("const") is { } single ? [single] : schema.Find("enum")!.Value.Items();
        IReadOnlyList<string>? types = schema.Has("type") ? SchemaTypes.Read(schema) : null;
        List<(JsonElement, byte[])> literals = [.. values
            .Where(value => types is null || types.Any(type => SchemaTypes.Matches(type, value.Element)))
            .Select(value => (value.Element, Spell(value)))];
        return literals.Count switch
        {
            0 => throw schema.Error("no value of 'enum' or 'const' is of the schema's type"),
            > MaxValues => throw schema.Error($"'enum' has {literals.Count} values; at most {MaxValues} are supported"),
            _ => new LiteralNode(literals),
        };
    }

    /// <summary>Some values, by their JSON texts.</summary>
    public static LiteralNode Of(params string[] values) =>
        new([.. values.Select(value => (JsonElement.Parse(value), Encoding.UTF8.GetBytes(value)))]);

    /// <summary>The UTF-8 text of a property's name, its closing quote and a colon.</summary>
    public static byte[] SpellName(string name) =>
        [.. JsonEncodedText.Encode(name, JavaScriptEncoder.UnsafeRelaxedJsonEscaping).EncodedUtf8Bytes, (byte)'"', (byte)':'];

    private static byte[] Spell(SchemaPlace value)
    {
        ArrayBufferWriter<byte> text = new();
        try
        {
            using Utf8JsonWriter writer = new(text, Spelling);
            value.Element.WriteTo(writer);
        }
        catch (InvalidOperationException)
        {
            throw value.Error("has an unpaired surrogate");
        }

        return text.WrittenSpan.ToArray();
    }
}
