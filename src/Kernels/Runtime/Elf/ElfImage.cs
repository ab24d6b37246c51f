using System.Buffers.Binary;
using System.Text;

namespace NemotronH.Kernels.Runtime.Elf;

/// <summary>The section table of a 64-bit little-endian ELF file, with every offset checked against the file's end.</summary>
/// <remarks>Layout: System V ABI, chapter 4 (file header of 64 bytes, section headers of 64 bytes).</remarks>
internal sealed class ElfImage
{
    private const int HeaderSize = 64;

    private readonly byte[] _bytes;
    private readonly string _path;
    private readonly ElfSection[] _sections;

    /// <summary>Reads the section table.</summary>
    /// <param name="bytes">The whole file; reads go to it later too.</param>
    /// <param name="path">The file's name for messages.</param>
    /// <exception cref="NativeLibraryException">The bytes are not such a file or end too early.</exception>
    public ElfImage(byte[] bytes, string path)
    {
        _bytes = bytes;
        _path = path;
        var header = Slice(0, HeaderSize);
        if (!header[..6].SequenceEqual<byte>([0x7F, (byte)'E', (byte)'L', (byte)'F', 2, 1]))
        {
            throw Damaged("it is not a 64-bit little-endian ELF file");
        }

        ulong table = UInt64(0x28);
        if (UInt16(0x3A) != HeaderSize)
        {
            throw Damaged($"its section headers have {UInt16(0x3A)} bytes, expected {HeaderSize}");
        }

        _sections = [.. Enumerable.Range(0, UInt16(0x3C)).Select(index => ReadSection(table, index))];
    }

    /// <summary>The only section of a type.</summary>
    /// <exception cref="NativeLibraryException">There is none, or more than one.</exception>
    public ElfSection Section(uint type, string name)
    {
        var matches = _sections.Where(section => section.Type == type).ToArray();
        return matches.Length == 1 ? matches[0] : throw Damaged($"it has {matches.Length} sections {name}, expected 1");
    }

    /// <summary>The section that another one's strings or symbols are in.</summary>
    /// <exception cref="NativeLibraryException">The link leads nowhere.</exception>
    public ElfSection Linked(ElfSection section) =>
        section.Link < _sections.Length
            ? _sections[section.Link]
            : throw Damaged($"a section links to section {section.Link} of {_sections.Length}");

    /// <summary>The zero-terminated string at an offset of a string section.</summary>
    /// <exception cref="NativeLibraryException">It begins or ends outside the section.</exception>
    public string String(ElfSection strings, uint offset)
    {
        var section = Slice(strings.Offset, strings.Size);
        int length = offset < section.Length ? section[(int)offset..].IndexOf((byte)0) : -1;
        return length >= 0
            ? Encoding.Latin1.GetString(section.Slice((int)offset, length))
            : throw Damaged($"a string at {offset} lies outside its section");
    }

    /// <summary>A little-endian number at an absolute offset.</summary>
    /// <exception cref="NativeLibraryException">The file ends before it.</exception>
    public ushort UInt16(ulong offset) => BinaryPrimitives.ReadUInt16LittleEndian(Slice(offset, 2));

    /// <inheritdoc cref="UInt16"/>
    public uint UInt32(ulong offset) => BinaryPrimitives.ReadUInt32LittleEndian(Slice(offset, 4));

    /// <inheritdoc cref="UInt16"/>
    public ulong UInt64(ulong offset) => BinaryPrimitives.ReadUInt64LittleEndian(Slice(offset, 8));

    /// <summary>The error for a file that is not what it should be.</summary>
    public NativeLibraryException Damaged(string reason) => new($"{_path} cannot be adapted to this system's libstdc++: {reason}.");

    private ElfSection ReadSection(ulong table, int index)
    {
        ulong header = table + ((ulong)index * HeaderSize);
        Slice(header, HeaderSize);
        return new ElfSection(UInt32(header + 4), UInt64(header + 0x18), UInt64(header + 0x20), UInt32(header + 0x28));
    }

    private ReadOnlySpan<byte> Slice(ulong offset, ulong length) =>
        offset <= (ulong)_bytes.Length && length <= (ulong)_bytes.Length - offset
            ? _bytes.AsSpan((int)offset, (int)length)
            : throw Damaged($"it ends at byte {_bytes.Length}, expected {length} bytes at {offset}");
}
