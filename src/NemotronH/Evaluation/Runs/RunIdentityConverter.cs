using System.Text.Json;
using System.Text.Json.Nodes;
using System.Text.Json.Serialization;

namespace NemotronH.Evaluation.Runs;

/// <summary>Writes a run's identity as the plain object that it is.</summary>
internal sealed class RunIdentityConverter : JsonConverter<RunIdentity>
{
    /// <inheritdoc/>
    public override RunIdentity Read(ref Utf8JsonReader reader, Type typeToConvert, JsonSerializerOptions options) =>
        JsonNode.Parse(ref reader) is JsonObject facts ? new RunIdentity(facts) : throw new JsonException("expected an object");

    /// <inheritdoc/>
    public override void Write(Utf8JsonWriter writer, RunIdentity value, JsonSerializerOptions options) => value.ToJson().WriteTo(writer, options);
}
