using System.Text;
using NemotronH.Kernels.Runtime;
using NemotronH.Kernels.Runtime.Elf;

namespace NemotronH.Kernels.Tests.Runtime.Elf;

public sealed class GlibcxxRequirementTests
{
    private const uint Hash32 = 0x0297F842; // objdump -p of TorchSharp 0.107's libLibTorchSharp.so
    private const uint Hash30 = 0x0297F840;
    private const ushort Index = 18;

    [Fact]
    public void TorchSharps_own_library_changes_in_one_name_and_one_hash()
    {
        Assert.SkipUnless(OperatingSystem.IsLinux(), "Only Linux libraries are ELF files.");
        string path = LibTorch.Loaded.Source.ShimPath;
        byte[] original = File.ReadAllBytes(path);

        byte[] patched = GlibcxxRequirement.Lower(original, path);

        int[] changed = [.. Enumerable.Range(0, original.Length).Where(i => original[i] != patched[i])];
        Assert.Equal(original.Length, patched.Length);
        Assert.Equal(2, changed.Length);
        Assert.All(changed, i => Assert.Equal(2, original[i] - patched[i])); // '2' to '0', and ..42 to ..40
        string[] needs = [.. new SymbolVersions(new ElfImage(patched, path)).Needs().Select(need => need.Version)];
        Assert.DoesNotContain("GLIBCXX_3.4.32", needs);
        Assert.Equal(2, needs.Count(need => need == "GLIBCXX_3.4.30"));
    }

    [Fact]
    public void The_original_is_not_touched()
    {
        byte[] original = Library().Build();
        byte[] copy = [.. original];
        GlibcxxRequirement.Lower(original, "x.so");
        Assert.Equal(copy, original);
    }

    [Fact]
    public void The_entry_asks_for_the_older_version_afterwards()
    {
        byte[] patched = GlibcxxRequirement.Lower(Library().Build(), "x.so");

        VersionNeed need = new SymbolVersions(new ElfImage(patched, "x.so")).Needs().Single(need => need.Index == Index);
        Assert.Equal("GLIBCXX_3.4.30", need.Version);
        Assert.Equal(Hash30, need.Hash);
    }

    [Fact]
    public void A_library_that_uses_more_than_the_marker_is_refused_by_the_symbols_name() =>
        AssertRefused(
            Library().Symbol("_ZNSt6chrono9tzdb_listD1Ev", Index).Build(),
            "it uses _ZNSt6chrono9tzdb_listD1Ev of GLIBCXX_3.4.32, which this system does not have; a newer distribution is needed");

    [Fact]
    public void A_library_without_the_requirement_is_refused() =>
        AssertRefused(
            new SyntheticElf().Needs("libc.so.6", "GLIBC_2.34", 0x069691B4, 2).Build(),
            "it requires GLIBCXX_3.4.32 0 times, expected once and of libstdc++.so.6");

    [Fact]
    public void The_requirement_of_another_library_is_refused() =>
        AssertRefused(
            new SyntheticElf().Needs("libc++.so.1", "GLIBCXX_3.4.32", Hash32, Index).Build(),
            "it requires GLIBCXX_3.4.32 1 times, expected once and of libstdc++.so.6");

    [Fact]
    public void A_wrong_hash_is_refused() =>
        AssertRefused(
            new SyntheticElf().Needs("libstdc++.so.6", "GLIBCXX_3.4.32", 0x12345678, Index).Build(),
            "the hash of GLIBCXX_3.4.32 is 12345678, expected 0297F842");

    [Fact]
    public void A_file_of_another_kind_is_refused()
    {
        AssertRefused(Encoding.ASCII.GetBytes(new string('x', 100)), "it is not a 64-bit little-endian ELF file");
        byte[] bits32 = Library().Build();
        bits32[4] = 1;
        AssertRefused(bits32, "it is not a 64-bit little-endian ELF file");
        AssertRefused([], "it ends at byte 0, expected 64 bytes at 0");
    }

    [Fact]
    public void A_file_cut_off_anywhere_is_refused()
    {
        byte[] whole = Library().Build();
        for (int length = 0; length < whole.Length; length++)
        {
            Assert.Throws<NativeLibraryException>(() => GlibcxxRequirement.Lower(whole[..length], "x.so"));
        }
    }

    [Fact]
    public void Random_damage_is_refused_or_harmless_but_never_another_error()
    {
        byte[] whole = Library().Symbol("malloc", 2).Build();
        var random = new Random(20261122);
        int refused = 0;
        for (int round = 0; round < 20_000; round++)
        {
            byte[] damaged = [.. whole];
            for (int i = random.Next(1, 5); i > 0; i--)
            {
                damaged[random.Next(damaged.Length)] = (byte)random.Next(256);
            }

            try
            {
                Assert.Equal(whole.Length, GlibcxxRequirement.Lower(damaged, "x.so").Length);
            }
            catch (NativeLibraryException exception)
            {
                Assert.StartsWith("x.so cannot be adapted to this system's libstdc++: ", exception.Message, StringComparison.Ordinal);
                refused++;
            }
        }

        Assert.InRange(refused, 1000, 19_999);
    }

    private static SyntheticElf Library() => new SyntheticElf()
        .Needs("libc.so.6", "GLIBC_2.34", 0x069691B4, 2)
        .Needs("libstdc++.so.6", "GLIBCXX_3.4", 0x08922974, 3)
        .Needs("libstdc++.so.6", "GLIBCXX_3.4.32", Hash32, Index)
        .Symbol("_ZSt4cout", 3)
        .Symbol("_ZSt21ios_base_library_initv", Index);

    private static void AssertRefused(byte[] file, string reason)
    {
        var exception = Assert.Throws<NativeLibraryException>(() => GlibcxxRequirement.Lower(file, "/x/lib.so"));
        Assert.Equal($"/x/lib.so cannot be adapted to this system's libstdc++: {reason}.", exception.Message);
    }
}
