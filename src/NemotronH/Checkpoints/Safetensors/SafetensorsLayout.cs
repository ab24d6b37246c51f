using System.Buffers.Binary;
using System.Text.Encodings.Web;
using System.Text.Json;
using NemotronH.Quantization;

namespace NemotronH.Checkpoints.Safetensors;

/// <summary>Where each tensor of a file to be written goes, and the header that says so.</summary>
internal sealed class SafetensorsLayout
{
    private SafetensorsLayout(byte[] header, IReadOnlyList<SafetensorsEntry> entries)
    {
        Header = header;
        Entries = entries;
    }

    /// <summary>The file's first bytes: the header's length, its JSON and spaces up to a multiple of 8 bytes.</summary>
    internal byte[] Header { get; }

    /// <summary>The tensors in the order of their data.</summary>
    internal IReadOnlyList<SafetensorsEntry> Entries { get; }

    /// <summary>Lays tensors out in the given order, those with wider elements first: so each one is aligned to its element size.</summary>
    /// <exception cref="ArgumentException">A name is reserved or given twice, or a dimension is negative.</exception>
    internal static SafetensorsLayout Of(IEnumerable<StoredTensorInfo> tensors, IReadOnlyDictionary<string, string>? metadata)
    {
        var entries = new List<SafetensorsEntry>();
        var names = new HashSet<string> { SafetensorsHeader.MetadataKey };
        long offset = 0;
        foreach (StoredTensorInfo tensor in tensors.OrderByDescending(tensor => tensor.Dtype.SizeInBytes()))
        {
            string name = Message.Quote(tensor.Name);
            if (!names.Add(tensor.Name))
            {
                throw new ArgumentException($"Tensor {name} is listed twice, or its name is reserved.", nameof(tensors));
            }

            if (tensor.Shape.Any(dimension => dimension < 0))
            {
                throw new ArgumentException($"Tensor {name} has a negative dimension: {Message.Describe(tensor)}.", nameof(tensors));
            }

            long end = checked(offset + tensor.ByteCount);
            entries.Add(new SafetensorsEntry(tensor, offset, end));
            offset = end;
        }

        return new SafetensorsLayout(Prefixed(Json(entries, metadata)), entries);
    }

    private static byte[] Json(List<SafetensorsEntry> entries, IReadOnlyDictionary<string, string>? metadata)
    {
        var buffer = new MemoryStream();
        using (var json = new Utf8JsonWriter(buffer, new JsonWriterOptions { Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping }))
        {
            json.WriteStartObject();
            WriteMetadata(json, metadata);
            foreach (SafetensorsEntry entry in entries)
            {
                WriteEntry(json, entry);
            }

            json.WriteEndObject();
        }

        return buffer.ToArray();
    }

    private static void WriteMetadata(Utf8JsonWriter json, IReadOnlyDictionary<string, string>? metadata)
    {
        if (metadata is null or { Count: 0 })
        {
            return;
        }

        json.WriteStartObject(SafetensorsHeader.MetadataKey);
        foreach ((string key, string value) in metadata)
        {
            json.WriteString(key, value);
        }

        json.WriteEndObject();
    }

    private static void WriteEntry(Utf8JsonWriter json, SafetensorsEntry entry)
    {
        json.WriteStartObject(entry.Tensor.Name);
        json.WriteString("dtype", entry.Tensor.Dtype.Name());
        WriteIntegers(json, "shape", entry.Tensor.Shape);
        WriteIntegers(json, "data_offsets", [entry.Begin, entry.End]);
        json.WriteEndObject();
    }

    private static void WriteIntegers(Utf8JsonWriter json, string name, IEnumerable<long> values)
    {
        json.WriteStartArray(name);
        foreach (long value in values)
        {
            json.WriteNumberValue(value);
        }

        json.WriteEndArray();
    }

    private static byte[] Prefixed(byte[] json)
    {
        int padded = (json.Length + 7) / 8 * 8;
        if (padded > SafetensorsHeader.MaxBytes)
        {
            throw new ArgumentException(
                $"A header of {padded} bytes is too long, expected at most {SafetensorsHeader.MaxBytes}: use more shards.");
        }

        byte[] header = new byte[SafetensorsHeader.LengthPrefixBytes + padded];
        header.AsSpan().Fill((byte)' ');
        BinaryPrimitives.WriteUInt64LittleEndian(header, (ulong)padded);
        json.CopyTo(header, SafetensorsHeader.LengthPrefixBytes);
        return header;
    }
}
