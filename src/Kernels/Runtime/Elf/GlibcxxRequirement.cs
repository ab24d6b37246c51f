using System.Buffers.Binary;
using System.Text;

namespace NemotronH.Kernels.Runtime.Elf;

/// <summary>Takes back a library's requirement of GCC 13's libstdc++ where nothing in the library makes use of it.</summary>
/// <remarks>
/// Any file compiled by GCC 13 that includes &lt;iostream&gt; names the symbol <see cref="Marker"/>, whose only purpose is to make the
/// loader insist on GLIBCXX_3.4.32. No code calls it. Debian 12 and Ubuntu 22.04 carry GLIBCXX_3.4.30.
/// </remarks>
internal static class GlibcxxRequirement
{
    /// <summary>The version that older systems lack.</summary>
    public const string Unmet = "GLIBCXX_3.4.32";

    /// <summary>The version that is asked for instead; as long as the other, so that it takes its place.</summary>
    public const string Replacement = "GLIBCXX_3.4.30";

    /// <summary>std::ios_base_library_init(), the one symbol that may require the newer version.</summary>
    public const string Marker = "_ZSt21ios_base_library_initv";

    /// <summary>A copy of the file that requires the older version.</summary>
    /// <param name="original">The whole file.</param>
    /// <param name="path">The file's name for messages.</param>
    /// <exception cref="NativeLibraryException">The file is damaged, lacks the requirement, or really needs the newer version.</exception>
    public static byte[] Lower(byte[] original, string path)
    {
        var image = new ElfImage(original, path);
        var versions = new SymbolVersions(image);
        var needs = versions.Needs().Where(need => need.Version == Unmet).ToArray();
        if (needs is not [{ Library: "libstdc++.so.6" } need])
        {
            throw image.Damaged($"it requires {Unmet} {needs.Length} times, expected once and of libstdc++.so.6");
        }

        if (need.Hash != SymbolVersions.Hash(Unmet))
        {
            throw image.Damaged($"the hash of {Unmet} is {need.Hash:X8}, expected {SymbolVersions.Hash(Unmet):X8}");
        }

        if (versions.SymbolsOf(need).FirstOrDefault(symbol => symbol != Marker) is { } user)
        {
            throw image.Damaged($"it uses {user} of {Unmet}, which this system does not have; a newer distribution is needed");
        }

        byte[] patched = original.ToArray();
        Encoding.ASCII.GetBytes(Replacement, patched.AsSpan((int)need.NameOffset));
        BinaryPrimitives.WriteUInt32LittleEndian(patched.AsSpan((int)need.Offset), SymbolVersions.Hash(Replacement));
        return patched;
    }
}
