using System.Text;

namespace NemotronH.Kernels.Tests.Runtime.Elf;

/// <summary>Writes the smallest shared library that has symbol versions. It has no code and is never loaded.</summary>
internal sealed class SyntheticElf
{
    private readonly List<(string Library, string Version, uint Hash, ushort Index)> _needs = [];
    private readonly List<(string Name, ushort Index)> _symbols = [("", 0)];

    public SyntheticElf Needs(string library, string version, uint hash, ushort index)
    {
        _needs.Add((library, version, hash, index));
        return this;
    }

    public SyntheticElf Symbol(string name, ushort index)
    {
        _symbols.Add((name, index));
        return this;
    }

    public byte[] Build()
    {
        var strings = new List<byte> { 0 };
        uint Text(string text)
        {
            uint offset = (uint)strings.Count;
            strings.AddRange([.. Encoding.ASCII.GetBytes(text), 0]);
            return offset;
        }

        byte[] symbols = Bytes(writer => _symbols.ForEach(symbol =>
        {
            writer.Write(Text(symbol.Name));
            writer.Write(new byte[20]);
        }));
        byte[] versions = Bytes(writer => _symbols.ForEach(symbol => writer.Write(symbol.Index)));
        byte[] needs = Bytes(writer => WriteNeeds(writer, Text));
        return Assemble([(11, symbols, 4), (0x6FFFFFFF, versions, 1), (0x6FFFFFFE, needs, 4), (3, [.. strings], 0)]);
    }

    private void WriteNeeds(BinaryWriter writer, Func<string, uint> text)
    {
        var libraries = _needs.GroupBy(need => need.Library).ToArray();
        foreach (var library in libraries)
        {
            int count = library.Count();
            writer.Write((ushort)1);
            writer.Write((ushort)count);
            writer.Write(text(library.Key));
            writer.Write(16u);
            writer.Write(library == libraries[^1] ? 0u : (uint)(16 + (16 * count)));
            foreach (var need in library)
            {
                writer.Write(need.Hash);
                writer.Write((ushort)0);
                writer.Write(need.Index);
                writer.Write(text(need.Version));
                writer.Write(need == library.Last() ? 0u : 16u);
            }
        }
    }

    /// <summary>File header, sections, section table; section 0 is the empty one.</summary>
    private static byte[] Assemble((uint Type, byte[] Content, uint Link)[] sections) => Bytes(writer =>
    {
        ulong table = 64 + (ulong)sections.Sum(section => section.Content.Length);
        writer.Write([0x7F, (byte)'E', (byte)'L', (byte)'F', 2, 1, 1, 0, 0, 0, 0, 0, 0, 0, 0, 0]);
        writer.Write(new byte[0x28 - 16]);
        writer.Write(table);
        writer.Write(new byte[10]);
        writer.Write((ushort)64);
        writer.Write((ushort)(sections.Length + 1));
        writer.Write((ushort)0);
        Array.ForEach(sections, section => writer.Write(section.Content));
        writer.Write(new byte[64]);
        ulong offset = 64;
        foreach ((uint type, byte[] content, uint link) in sections)
        {
            writer.Write(0u);
            writer.Write(type);
            writer.Write(new byte[16]);
            writer.Write(offset);
            writer.Write((ulong)content.Length);
            writer.Write(link);
            writer.Write(new byte[20]);
            offset += (ulong)content.Length;
        }
    });

    private static byte[] Bytes(Action<BinaryWriter> write)
    {
        using var stream = new MemoryStream();
        using var writer = new BinaryWriter(stream);
        write(writer);
        writer.Flush();
        return stream.ToArray();
    }
}
