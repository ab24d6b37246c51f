using System.Text.Json;
using NemotronH.Quantization;

namespace NemotronH.Checkpoints.Safetensors;

/// <summary>Parses the JSON header of a safetensors file and refuses whatever the format does not allow.</summary>
/// <param name="file">Name of the file, for messages.</param>
/// <param name="dataLength">Bytes after the header.</param>
internal sealed class SafetensorsHeaderParser(string file, long dataLength)
{
    /// <summary>Parses the header.</summary>
    /// <param name="json">The header's bytes, padding included.</param>
    /// <exception cref="CheckpointException">The header breaks a rule of the format; the message names the file and the tensor.</exception>
    internal SafetensorsHeader Parse(ReadOnlyMemory<byte> json)
    {
        try
        {
            using JsonDocument document = JsonDocument.Parse(json);
            return ParseRoot(document.RootElement);
        }
        catch (Exception exception) when (exception is JsonException or InvalidOperationException)
        {
            // Strings that are no valid UTF-8 or UTF-16 surface as InvalidOperationException when they are first looked at.
            throw Malformed($"the header is not valid JSON: {exception.Message}", exception);
        }
    }

    private SafetensorsHeader ParseRoot(JsonElement root)
    {
        if (root.ValueKind != JsonValueKind.Object)
        {
            throw Malformed($"the header is a JSON {Kind(root)}, expected an object");
        }

        var names = new HashSet<string>();
        var entries = new List<SafetensorsEntry>();
        var metadata = new Dictionary<string, string>();
        foreach (JsonProperty property in root.EnumerateObject())
        {
            if (!names.Add(property.Name))
            {
                throw Malformed($"{Message.Quote(property.Name)} is listed twice");
            }

            if (property.Name == SafetensorsHeader.MetadataKey)
            {
                ParseMetadata(property.Value, metadata);
            }
            else
            {
                entries.Add(ParseTensor(property.Name, property.Value));
            }
        }

        CheckCoverage(entries);
        return new SafetensorsHeader(entries, metadata);
    }

    private void ParseMetadata(JsonElement value, Dictionary<string, string> metadata)
    {
        if (value.ValueKind != JsonValueKind.Object)
        {
            throw Malformed($"__metadata__ is a JSON {Kind(value)}, expected an object of strings");
        }

        foreach (JsonProperty property in value.EnumerateObject())
        {
            if (property.Value.ValueKind != JsonValueKind.String)
            {
                throw Malformed($"__metadata__ entry {Message.Quote(property.Name)} is a JSON {Kind(property.Value)}, expected a string");
            }

            metadata[property.Name] = property.Value.GetString()!;
        }
    }

    private SafetensorsEntry ParseTensor(string name, JsonElement value)
    {
        if (value.ValueKind != JsonValueKind.Object)
        {
            throw Malformed(name, $"is described by a JSON {Kind(value)}, expected an object");
        }

        string dtypeName = Field(name, value, "dtype", JsonValueKind.String).GetString()!;
        if (!SafetensorsDtypes.TryParse(dtypeName, out StoredDtype dtype))
        {
            throw Malformed(name, $"has the unknown dtype {Message.Quote(dtypeName)}, expected one of {SafetensorsDtypes.KnownNames}");
        }

        var info = new StoredTensorInfo(name, dtype, Integers(name, Field(name, value, "shape", JsonValueKind.Array), "shape"));
        long[] offsets = Integers(name, Field(name, value, "data_offsets", JsonValueKind.Array), "data_offsets");
        CheckOffsets(info, offsets);
        return new SafetensorsEntry(info, offsets[0], offsets[1]);
    }

    private JsonElement Field(string tensor, JsonElement description, string field, JsonValueKind kind)
    {
        JsonElement? found = null;
        foreach (JsonProperty property in description.EnumerateObject().Where(property => property.NameEquals(field)))
        {
            found = found is null ? property.Value : throw Malformed(tensor, $"has two {field} fields");
        }

        JsonElement value = found ?? throw Malformed(tensor, $"has no {field}");
        return value.ValueKind == kind
            ? value
            : throw Malformed(tensor, $"has a {field} that is a JSON {Kind(value)}, expected {kind.ToString().ToLowerInvariant()}");
    }

    private long[] Integers(string tensor, JsonElement array, string field)
    {
        long[] values = new long[array.GetArrayLength()];
        int i = 0;
        foreach (JsonElement element in array.EnumerateArray())
        {
            if (element.ValueKind != JsonValueKind.Number || !element.TryGetInt64(out values[i]) || values[i] < 0)
            {
                throw Malformed(tensor, $"has {Message.Quote(element.GetRawText())} in its {field}, expected integers from 0 to 2^63 - 1");
            }

            i++;
        }

        return values;
    }

    private void CheckOffsets(StoredTensorInfo info, long[] offsets)
    {
        if (offsets.Length != 2)
        {
            throw Malformed(info.Name, $"has {offsets.Length} data_offsets, expected 2");
        }

        var (begin, end) = (offsets[0], offsets[1]);
        if (begin > end)
        {
            throw Malformed(info.Name, $"has reversed data_offsets [{begin}, {end}]");
        }

        if (end > dataLength)
        {
            throw Malformed(
                info.Name, $"has data_offsets [{begin}, {end}] outside the {dataLength} data bytes of the file (is it truncated?)");
        }

        long expected = ByteCount(info);
        if (end - begin != expected)
        {
            throw Malformed(
                info.Name,
                $"has data_offsets [{begin}, {end}], {end - begin} bytes, expected {expected} bytes for {Message.Describe(info)}");
        }
    }

    private long ByteCount(StoredTensorInfo info)
    {
        try
        {
            return info.ByteCount;
        }
        catch (OverflowException)
        {
            throw Malformed(info.Name, $"has a shape whose size overflows: {Message.Describe(info)}");
        }
    }

    /// <summary>Every byte of the data section belongs to exactly one tensor: nothing overlaps, nothing can hide.</summary>
    private void CheckCoverage(List<SafetensorsEntry> entries)
    {
        long covered = 0;
        SafetensorsEntry? previous = null;
        foreach (SafetensorsEntry entry in entries.OrderBy(entry => entry.Begin).ThenBy(entry => entry.End))
        {
            if (entry.Begin < covered)
            {
                throw Malformed(entry.Tensor.Name, $"overlaps tensor {Message.Quote(previous!.Tensor.Name)} in the data section");
            }

            if (entry.Begin > covered)
            {
                throw Malformed(entry.Tensor.Name, $"begins at data byte {entry.Begin}, but bytes from {covered} on belong to no tensor");
            }

            covered = entry.End;
            previous = entry;
        }

        if (covered != dataLength)
        {
            throw Malformed($"the last {dataLength - covered} of {dataLength} data bytes belong to no tensor");
        }
    }

    private static string Kind(JsonElement element) => element.ValueKind.ToString().ToLowerInvariant();

    private CheckpointException Malformed(string tensor, string fault) => Malformed($"tensor {Message.Quote(tensor)} {fault}");

    private CheckpointException Malformed(string fault, Exception? cause = null) => new($"{file}: {fault}", cause);
}
