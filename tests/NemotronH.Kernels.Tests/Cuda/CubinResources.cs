using System.Buffers.Binary;

namespace NemotronH.Kernels.Tests.Cuda;

/// <summary>What a cubin says of its kernels' resources, read from its ELF section .nv.info.</summary>
/// <remarks>
/// The section is a list of attributes: a byte for the format, a byte for the attribute, and a 16-bit value or, in format 4, a 16-bit
/// length with that many bytes behind it. Attribute 0x11 is a function's stack frame: a symbol's index and a size.
/// </remarks>
internal static class CubinResources
{
    private const uint CudaInfoSection = 0x70000000;
    private const byte SizedValue = 4;
    private const byte FrameSize = 0x11;

    /// <summary>The stack frames of all functions in bytes: local arrays and spilled registers.</summary>
    public static IReadOnlyList<int> FrameBytes(byte[] cubin)
    {
        var frames = new List<int>();
        ulong table = BinaryPrimitives.ReadUInt64LittleEndian(cubin.AsSpan(0x28));
        int sections = BinaryPrimitives.ReadUInt16LittleEndian(cubin.AsSpan(0x3C));
        for (int index = 0; index < sections; index++)
        {
            ReadOnlySpan<byte> header = cubin.AsSpan((int)table + (64 * index), 64);
            if (BinaryPrimitives.ReadUInt32LittleEndian(header[4..]) == CudaInfoSection)
            {
                int offset = (int)BinaryPrimitives.ReadUInt64LittleEndian(header[0x18..]);
                int size = (int)BinaryPrimitives.ReadUInt64LittleEndian(header[0x20..]);
                Collect(cubin.AsSpan(offset, size), frames);
            }
        }

        return frames;
    }

    private static void Collect(ReadOnlySpan<byte> attributes, List<int> frames)
    {
        while (attributes.Length >= 4)
        {
            int length = attributes[0] == SizedValue ? BinaryPrimitives.ReadUInt16LittleEndian(attributes[2..]) : 0;
            if (attributes[0] == SizedValue && attributes[1] == FrameSize)
            {
                frames.Add(BinaryPrimitives.ReadInt32LittleEndian(attributes[8..]));
            }

            attributes = attributes[(4 + length)..];
        }
    }
}
