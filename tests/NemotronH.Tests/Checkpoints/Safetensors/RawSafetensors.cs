using System.Buffers.Binary;
using System.Text;

namespace NemotronH.Tests.Checkpoints.Safetensors;

/// <summary>Safetensors files put together by hand, right or wrong.</summary>
internal static class RawSafetensors
{
    public static byte[] File(string header, params byte[] data) => File(Encoding.UTF8.GetBytes(header), data);

    public static byte[] File(byte[] header, byte[] data)
    {
        byte[] length = new byte[8];
        BinaryPrimitives.WriteUInt64LittleEndian(length, (ulong)header.Length);
        return [.. length, .. header, .. data];
    }
}
