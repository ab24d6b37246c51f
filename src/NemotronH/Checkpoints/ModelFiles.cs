using System.Text.Encodings.Web;
using System.Text.Json;
using NemotronH.Configuration;
using NemotronH.Quantization;

namespace NemotronH.Checkpoints;

/// <summary>The files that a model directory holds beside its weights, carried over to a new checkpoint.</summary>
internal static class ModelFiles
{
    /// <summary>Name of the model's config.</summary>
    internal const string Config = "config.json";

    private const string QuantizationKey = "quantization_config";

    private static readonly string[] Companions =
    [
        "generation_config.json",
        "tokenizer.json",
        "tokenizer_config.json",
        "special_tokens_map.json",
        "chat_template.jinja",
    ];

    private static readonly JsonWriterOptions WriterOptions = new()
    {
        Indented = true,
        Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping,
    };

    /// <summary>Copies config, generation config, tokenizer and chat template to a checkpoint whose weights are not quantised.</summary>
    /// <exception cref="CheckpointException">There is no config.json, or a file cannot be read or written.</exception>
    /// <exception cref="ConfigurationException">The config is no JSON object.</exception>
    internal static void CopyUnquantized(string directory, ShardedCheckpointWriter writer)
    {
        string config = Path.Join(directory, Config);
        writer.AddFile(Config, WithoutQuantization(Read(config), config));
        foreach (string name in Companions)
        {
            string path = Path.Join(directory, name);
            if (File.Exists(path))
            {
                writer.AddFile(name, Read(path));
            }
        }
    }

    /// <summary>The config as it is, or, where it says how another checkpoint of the model was quantised, without that.</summary>
    private static byte[] WithoutQuantization(byte[] json, string path)
    {
        using JsonDocument document = LenientJson.Parse(json, path);
        if (document.RootElement.ValueKind != JsonValueKind.Object)
        {
            throw new ConfigurationException($"{path}: is no JSON object");
        }

        return document.RootElement.TryGetProperty(QuantizationKey, out _) ? Without(document.RootElement) : json;
    }

    private static byte[] Without(JsonElement config)
    {
        using var buffer = new MemoryStream();
        using (var json = new Utf8JsonWriter(buffer, WriterOptions))
        {
            json.WriteStartObject();
            foreach (JsonProperty property in config.EnumerateObject().Where(property => !property.NameEquals(QuantizationKey)))
            {
                property.WriteTo(json);
            }

            json.WriteEndObject();
        }

        return buffer.ToArray();
    }

    private static byte[] Read(string path) => FileAccessGuard.Reading(path, () => File.ReadAllBytes(path));
}
