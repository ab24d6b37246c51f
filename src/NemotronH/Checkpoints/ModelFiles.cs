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

    private const string HfQuantConfig = "hf_quant_config.json";
    private const string QuantizationKey = "quantization_config";

    /// <summary>What the model needs to be run; *.py is the code that NVIDIA's configs refer to.</summary>
    private static readonly string[] Companions =
    [
        "generation_config.json",
        "tokenizer*",
        "special_tokens_map.json",
        "added_tokens.json",
        "vocab.json",
        "merges.txt",
        "chat_template*",
        "*preprocessor_config.json",
        "processor_config.json",
        "*.py",
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
        writer.AddFile(Config, ReadConfig(directory));
        CopyCompanions(directory, writer);
    }

    /// <summary>Copies the same files to a checkpoint whose weights are quantised, and says how they are.</summary>
    /// <exception cref="CheckpointException">There is no config.json, or a file cannot be read or written.</exception>
    /// <exception cref="ConfigurationException">The config is no JSON object.</exception>
    internal static void CopyQuantized(string directory, ShardedCheckpointWriter writer, QuantizationStatement statement)
    {
        byte[] config = ReadConfig(directory);
        writer.AddFile(Config, statement.IsInConfig ? JsonAppender.Append(config, QuantizationKey, statement.ConfigSection()) : config);
        writer.AddFile(HfQuantConfig, statement.HfQuantConfig());
        CopyCompanions(directory, writer);
    }

    private static void CopyCompanions(string directory, ShardedCheckpointWriter writer)
    {
        IEnumerable<string> paths = Companions.SelectMany(pattern => Directory.GetFiles(directory, pattern)).Distinct();
        foreach (string path in paths.Order(StringComparer.Ordinal))
        {
            writer.AddFile(Path.GetFileName(path), Read(path));
        }
    }

    /// <summary>The config as it is, or, where it says how another checkpoint of the model was quantised, without that.</summary>
    private static byte[] ReadConfig(string directory)
    {
        string path = Path.Join(directory, Config);
        byte[] json = Read(path);
        using JsonDocument document = LenientJson.Parse(json, path);
        if (document.RootElement.ValueKind != JsonValueKind.Object)
        {
            throw new ConfigurationException($"{path}: is no JSON object");
        }

        return document.RootElement.TryGetProperty(QuantizationKey, out _) ? WithoutQuantization(document.RootElement) : json;
    }

    private static byte[] WithoutQuantization(JsonElement config)
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
