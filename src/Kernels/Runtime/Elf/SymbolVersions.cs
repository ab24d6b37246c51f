namespace NemotronH.Kernels.Runtime.Elf;

/// <summary>Which symbol versions an ELF file requires, and which of its symbols require them.</summary>
/// <remarks>Layout: Linux Standard Base, "Symbol Versioning".</remarks>
internal sealed class SymbolVersions(ElfImage image)
{
    private const uint DynamicSymbols = 11;
    private const uint RequiredVersions = 0x6FFF_FFFE;
    private const uint VersionTable = 0x6FFF_FFFF;
    private const uint EntrySize = 16;
    private const uint SymbolSize = 24;

    /// <summary>Every required version, in the file's order.</summary>
    /// <exception cref="NativeLibraryException">The file is damaged.</exception>
    public IEnumerable<VersionNeed> Needs()
    {
        var section = image.Section(RequiredVersions, ".gnu.version_r");
        var strings = image.Linked(section);
        uint next;
        for (ulong library = section.Offset; ; library += next)
        {
            string name = image.String(strings, image.UInt32(library + 4));
            foreach (var need in NeedsOf(name, library, strings))
            {
                yield return need;
            }

            next = Next(library + 12);
            if (next == 0)
            {
                yield break;
            }
        }
    }

    /// <summary>The names of the symbols bound to a required version.</summary>
    /// <exception cref="NativeLibraryException">The file is damaged.</exception>
    public IEnumerable<string> SymbolsOf(VersionNeed need)
    {
        var table = image.Section(VersionTable, ".gnu.version");
        var symbols = image.Section(DynamicSymbols, ".dynsym");
        var strings = image.Linked(symbols);
        if (table.Size / 2 != symbols.Size / SymbolSize)
        {
            throw image.Damaged($"it has {symbols.Size / SymbolSize} symbols, but versions for {table.Size / 2}");
        }

        for (ulong symbol = 0; symbol < symbols.Size / SymbolSize; symbol++)
        {
            // The highest bit only hides a symbol from linking.
            if ((image.UInt16(table.Offset + (symbol * 2)) & 0x7FFF) == need.Index)
            {
                yield return image.String(strings, image.UInt32(symbols.Offset + (symbol * SymbolSize)));
            }
        }
    }

    /// <summary>The hash by which the loader compares version names (System V ABI, "Hash Table").</summary>
    public static uint Hash(string name)
    {
        uint hash = 0;
        foreach (char character in name)
        {
            hash = (hash << 4) + character;
            uint high = hash & 0xF000_0000;
            hash = (hash ^ (high >> 24)) & ~high;
        }

        return hash;
    }

    private IEnumerable<VersionNeed> NeedsOf(string library, ulong entry, ElfSection strings)
    {
        ushort count = image.UInt16(entry + 2);
        ulong need = entry + image.UInt32(entry + 8);
        for (int i = 0; i < count; i++)
        {
            uint name = image.UInt32(need + 8);
            yield return new VersionNeed(
                library, image.String(strings, name), need, image.UInt32(need), image.UInt16(need + 6), strings.Offset + name);
            need += Next(need + 12);
        }
    }

    private uint Next(ulong offset)
    {
        uint next = image.UInt32(offset);
        return next is 0 or >= EntrySize ? next : throw image.Damaged($"two entries of .gnu.version_r lie {next} bytes apart");
    }
}
