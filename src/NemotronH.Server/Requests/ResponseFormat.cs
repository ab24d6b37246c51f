using System.Text.Json;

namespace NemotronH.Server.Requests;

/// <summary>The form that an answer must have.</summary>
/// <param name="Kind">Text, some JSON, or JSON of a schema.</param>
/// <param name="Schema">The JSON schema, where there is one.</param>
internal sealed record ResponseFormat(ResponseFormatKind Kind, JsonElement? Schema = null);
