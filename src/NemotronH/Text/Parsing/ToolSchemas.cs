using System.Collections.Frozen;
using System.Text.Json;
using NemotronH.Configuration;

namespace NemotronH.Text.Parsing;

/// <summary>The types of the parameters of a request's tools, by their JSON schemas.</summary>
internal sealed class ToolSchemas
{
    private readonly Dictionary<(string Tool, string Parameter), IReadOnlySet<string>> _types = [];

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
                    _types[(name, JsonText.Name(property) ?? "")] = ArgumentTypes.Of(parameters, property.Value);
                }
            }
        }
    }

    /// <summary>The types of a parameter; empty where nothing is known of them.</summary>
    public IReadOnlySet<string> TypesOf(string tool, string parameter) =>
        _types.TryGetValue((tool, parameter), out IReadOnlySet<string>? types) ? types : FrozenSet<string>.Empty;

    private static JsonElement? Member(JsonElement owner, string name) =>
        owner.ValueKind == JsonValueKind.Object && owner.TryGetProperty(name, out JsonElement value) ? value : null;
}
