using System.Text.Encodings.Web;
using System.Text.Json;
using NemotronH.Quantization;

namespace NemotronH.Checkpoints;

/// <summary>Which shard of a checkpoint holds which tensor: <c>model.safetensors.index.json</c>.</summary>
/// <param name="Path">Path of the index, for messages.</param>
/// <param name="Shards">File name of the shard that holds each tensor, by the tensor's name on disk.</param>
internal sealed record ShardIndex(string Path, IReadOnlyDictionary<string, string> Shards)
{
    /// <summary>The index's file name.</summary>
    internal const string FileName = "model.safetensors.index.json";

    private static readonly JsonWriterOptions WriterOptions = new()
    {
        Indented = true,
        Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping,
    };

    /// <summary>Reads an index.</summary>
    /// <exception cref="CheckpointException">It is no JSON, names no tensors, or names a shard by a path.</exception>
    internal static ShardIndex Read(string path)
    {
        byte[] json = FileAccessGuard.Reading(path, () => File.ReadAllBytes(path));
        try
        {
            using JsonDocument document = JsonDocument.Parse(json);
            return new ShardIndex(path, ParseWeightMap(path, document.RootElement));
        }
        catch (Exception exception) when (exception is JsonException or InvalidOperationException)
        {
            throw new CheckpointException($"{path}: is not valid JSON: {exception.Message}", exception);
        }
    }

    /// <summary>Writes an index.</summary>
    /// <param name="path">Path of the index.</param>
    /// <param name="shards">File name of the shard that holds each tensor.</param>
    /// <param name="totalSize">Bytes of all tensors together.</param>
    internal static void Write(string path, IEnumerable<KeyValuePair<string, string>> shards, long totalSize)
    {
        using var buffer = new MemoryStream();
        using (var json = new Utf8JsonWriter(buffer, WriterOptions))
        {
            json.WriteStartObject();
            json.WriteStartObject("metadata");
            json.WriteNumber("total_size", totalSize);
            json.WriteEndObject();
            json.WriteStartObject("weight_map");
            foreach ((string tensor, string shard) in shards.OrderBy(pair => pair.Key, StringComparer.Ordinal))
            {
                json.WriteString(tensor, shard);
            }

            json.WriteEndObject();
            json.WriteEndObject();
        }

        AtomicFile.WriteAllBytes(path, buffer.ToArray());
    }

    private static Dictionary<string, string> ParseWeightMap(string path, JsonElement root)
    {
        if (root.ValueKind != JsonValueKind.Object
            || !root.TryGetProperty("weight_map", out JsonElement map)
            || map.ValueKind != JsonValueKind.Object)
        {
            throw new CheckpointException($"{path}: there is no weight_map object in the index");
        }

        var shards = new Dictionary<string, string>();
        foreach (JsonProperty property in map.EnumerateObject())
        {
            if (!shards.TryAdd(property.Name, ParseShard(path, property)))
            {
                throw new CheckpointException($"{path}: weight_map lists {Message.Quote(property.Name)} twice");
            }
        }

        return shards.Count > 0
            ? shards
            : throw new CheckpointException($"{path}: the weight_map is empty, expected the names of the tensors");
    }

    private static string ParseShard(string path, JsonProperty property)
    {
        // An index comes from elsewhere: it must not reach outside its own directory.
        return property.Value.ValueKind == JsonValueKind.String && IsPlainFileName(property.Value.GetString()!)
            ? property.Value.GetString()!
            : throw new CheckpointException(
                $"{path}: weight_map gives {Message.Quote(property.Value.GetRawText())} for {Message.Quote(property.Name)}, " +
                "expected the plain name of a file in the same directory");
    }

    private static bool IsPlainFileName(string name) => name.AsSpan().IndexOfAny("/\\:\0") < 0 && name is not ("" or "." or "..");
}
