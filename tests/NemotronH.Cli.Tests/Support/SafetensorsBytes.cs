using System.Buffers.Binary;
using System.Runtime.InteropServices;
using System.Text;
using System.Text.Json.Nodes;

namespace NemotronH.Cli.Tests.Support;

/// <summary>
/// Takes a safetensors file apart by its published layout (8 bytes of header length, JSON header, data) and puts it together again.
/// </summary>
internal sealed class SafetensorsBytes
{
    private SafetensorsBytes(JsonObject header, byte[] data) => (Header, Data) = (header, data);

    public JsonObject Header { get; }

    public byte[] Data { get; set; }

    public static SafetensorsBytes Read(string path)
    {
        byte[] bytes = File.ReadAllBytes(path);
        int length = (int)BinaryPrimitives.ReadInt64LittleEndian(bytes);
        return new SafetensorsBytes(JsonNode.Parse(bytes.AsSpan(8, length))!.AsObject(), bytes[(8 + length)..]);
    }

    public void Write(string path)
    {
        byte[] header = Encoding.UTF8.GetBytes(Header.ToJsonString());
        byte[] length = new byte[8];
        BinaryPrimitives.WriteInt64LittleEndian(length, header.Length);
        File.WriteAllBytes(path, [.. length, .. header, .. Data]);
    }

    /// <summary>Appends a float32 tensor of one element.</summary>
    public void Add(string name)
    {
        Header[name] = new JsonObject
        {
            ["dtype"] = "F32",
            ["shape"] = new JsonArray(1),
            ["data_offsets"] = new JsonArray(Data.Length, Data.Length + 4),
        };
        Data = [.. Data, 0, 0, 0, 0];
    }

    /// <summary>The rows of a float32 matrix.</summary>
    public float[][] Rows(string name)
    {
        JsonNode tensor = Header[name]!;
        Assert.Equal("F32", (string?)tensor["dtype"]);
        int columns = (int)tensor["shape"]![1]!;
        int begin = (int)tensor["data_offsets"]![0]!;
        int end = (int)tensor["data_offsets"]![1]!;
        float[] values = MemoryMarshal.Cast<byte, float>(Data.AsSpan(begin, end - begin)).ToArray();
        return [.. values.Chunk(columns)];
    }
}
