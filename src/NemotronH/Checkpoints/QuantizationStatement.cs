using System.Buffers;
using System.Reflection;
using System.Text.Encodings.Web;
using System.Text.Json;
using NemotronH.Quantization;

namespace NemotronH.Checkpoints;

/// <summary>What the files of a new checkpoint say of its quantisation.</summary>
/// <param name="Config">What is so.</param>
internal sealed record QuantizationStatement(QuantizationConfig Config)
{
    private static readonly JsonWriterOptions WriterOptions = new()
    {
        Indented = true,
        NewLine = "\n",
        Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping,
    };

    private static readonly string Producer = $"nemotronh {Version()}";

    /// <summary>Whether config.json says it too, and not <c>hf_quant_config.json</c> alone.</summary>
    internal bool IsInConfig { get; init; } = true;

    /// <summary>Whether quantised modules have scales for their inputs.</summary>
    internal bool HasInputScales { get; init; } = true;

    /// <summary>The whole of <c>hf_quant_config.json</c>.</summary>
    internal byte[] HfQuantConfig() => Json(writer => QuantizationConfigWriter.WriteHfQuantConfig(writer, Config, Producer));

    /// <summary>The value of <c>quantization_config</c> in config.json.</summary>
    internal byte[] ConfigSection() =>
        Json(writer => QuantizationConfigWriter.WriteSection(writer, Config, Producer, weightOnly: !HasInputScales));

    private static byte[] Json(Action<Utf8JsonWriter> write)
    {
        var buffer = new ArrayBufferWriter<byte>();
        using (var writer = new Utf8JsonWriter(buffer, WriterOptions))
        {
            write(writer);
        }

        return buffer.WrittenSpan.ToArray();
    }

    private static string Version() => typeof(QuantizationStatement).Assembly
        .GetCustomAttribute<AssemblyInformationalVersionAttribute>()!.InformationalVersion.Split('+')[0];
}
