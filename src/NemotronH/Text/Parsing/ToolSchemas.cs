using System.Text.Json;
using NemotronH.Configuration;

namespace NemotronH.Text.Parsing;

/// <summary>The JSON schemas of the parameters of a request's tools.</summary>
internal sealed class ToolSchemas
{
    private readonly Dictionary<(string Tool, string Parameter), JsonElement> _schemas = [];

    /// <summary>Reads tools as OpenAI's chat API has them, or without the wrapper; what is of another form is passed over.</summary>
    public ToolSchemas(JsonElement? tools)
    {
        if (tools is not { ValueKind: JsonValueKind.Array } list)
        {
            return;
        }

        foreach (JsonElement tool in list.EnumerateArray())
        {
            JsonElement function = Member(tool, "function") ?? tool;
            if (Member(function, "name") is { } named && JsonText.Text(named) is { } name
                && Member(function, "parameters") is { } parameters
                && Member(parameters, "properties") is { ValueKind: JsonValueKind.Object } properties)
            {
                foreach (JsonProperty property in properties.EnumerateObject())
                {
                    _schemas[(name, JsonText.Name(property) ?? "")] = property.Value;
                }
            }
        }
    }

    /// <summary>A parameter's schema, or <see langword="null"/> where there is none.</summary>
    public JsonElement? Find(string tool, string parameter) => _schemas.TryGetValue((tool, parameter), out JsonElement schema) ? schema : null;

    private static JsonElement? Member(JsonElement owner, string name) =>
        owner.ValueKind == JsonValueKind.Object && owner.TryGetProperty(name, out JsonElement value) ? value : null;
}
