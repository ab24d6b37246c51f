using System.Text.Encodings.Web;
using System.Text.Json;
using System.Text.Json.Serialization;
using NemotronH.Server.Errors;

namespace NemotronH.Server.Protocol;

/// <summary>The JSON that the server sends: OpenAI's names, nothing where there is nothing to say.</summary>
[JsonSourceGenerationOptions(GenerationMode = JsonSourceGenerationMode.Metadata)]
[JsonSerializable(typeof(ApiErrorBody))]
[JsonSerializable(typeof(ChatCompletion))]
[JsonSerializable(typeof(ChatCompletionChunk))]
[JsonSerializable(typeof(Completion))]
[JsonSerializable(typeof(HealthStatus))]
[JsonSerializable(typeof(ModelCard))]
[JsonSerializable(typeof(ModelList))]
[JsonSerializable(typeof(TokenizeResponse))]
[JsonSerializable(typeof(DetokenizeResponse))]
[JsonSerializable(typeof(VersionInfo))]
internal sealed partial class ServerJson : JsonSerializerContext
{
    /// <summary>
    /// Text stands as it is: only what JSON itself demands is escaped, which halves streams in other scripts. The generator's own options know
    /// no encoder, so all of them are stated here alone.
    /// </summary>
    internal static ServerJson Plain { get; } = new(new JsonSerializerOptions
    {
        PropertyNamingPolicy = JsonNamingPolicy.SnakeCaseLower,
        DefaultIgnoreCondition = JsonIgnoreCondition.WhenWritingNull,
        Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping,
    });
}
