using System.Text.Encodings.Web;
using System.Text.Json;
using System.Text.Json.Serialization;
using System.Text.Json.Serialization.Metadata;
using NemotronH.Benchmarks;
using NemotronH.Cli.Commands;
using NemotronH.Cli.Inspection;

namespace NemotronH.Cli.Output;

/// <summary>The JSON objects that commands print: snake_case names, text as it is.</summary>
[JsonSourceGenerationOptions(PropertyNamingPolicy = JsonKnownNamingPolicy.SnakeCaseLower, UseStringEnumConverter = true)]
[JsonSerializable(typeof(GenerateResult))]
[JsonSerializable(typeof(LogitsResult))]
[JsonSerializable(typeof(TokenizeResult))]
[JsonSerializable(typeof(RenderResult))]
[JsonSerializable(typeof(RandomResult))]
[JsonSerializable(typeof(QuantizeResult))]
[JsonSerializable(typeof(DoctorResult))]
[JsonSerializable(typeof(PullResult))]
[JsonSerializable(typeof(ModelReport))]
[JsonSerializable(typeof(BenchmarkReport))]
internal sealed partial class CliJson : JsonSerializerContext
{
    /// <summary>Prints one object on one line.</summary>
    public static void Write<T>(TextWriter output, T value)
    {
        // Texts are for readers, not for a web page's source: only what JSON itself demands is escaped.
        var options = new JsonSerializerOptions(Default.Options)
        {
            Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping,
            Converters = { new JsonStringEnumConverter(JsonNamingPolicy.SnakeCaseLower) },
        };
        output.WriteLine(JsonSerializer.Serialize(value, (JsonTypeInfo<T>)options.GetTypeInfo(typeof(T))));
    }
}
