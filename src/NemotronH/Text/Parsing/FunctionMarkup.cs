using System.Text;
using System.Text.Json;

namespace NemotronH.Text.Parsing;

/// <summary>A call as function tags give it: every argument is text.</summary>
/// <param name="Name">The function.</param>
/// <param name="Arguments">Names and values, in order; of a name that occurs twice the last value counts.</param>
internal sealed record FunctionMarkup(string Name, IReadOnlyList<KeyValuePair<string, string>> Arguments)
{
    /// <summary>Gives the arguments their types.</summary>
    public ToolCall ToCall(ToolSchemas schemas)
    {
        OrderedDictionary<string, string> arguments = [];
        foreach ((string name, string value) in Arguments)
        {
            arguments[name] = value;
        }

        using MemoryStream buffer = new();
        using (Utf8JsonWriter writer = new(buffer, CompactJson.Options))
        {
            writer.WriteStartObject();
            foreach ((string name, string value) in arguments)
            {
                writer.WritePropertyName(name);
                new ArgumentConverter(schemas.TypesOf(Name, name)).Write(value, writer);
            }

            writer.WriteEndObject();
        }

        return new(null, Name, Encoding.UTF8.GetString(buffer.ToArray()));
    }
}
