using NemotronH.Kernels.Runtime;
using NemotronH.Kernels.Runtime.Elf;

namespace NemotronH.Kernels.Tests.Runtime.Elf;

public sealed class SymbolVersionsTests
{
    [Theory] // As objdump -p prints them.
    [InlineData("GLIBC_2.2.5", 0x09691A75u)]
    [InlineData("GLIBC_2.34", 0x069691B4u)]
    [InlineData("GLIBCXX_3.4", 0x08922974u)]
    [InlineData("CXXABI_1.3", 0x056BAFD3u)]
    [InlineData("GLIBCXX_3.4.32", 0x0297F842u)]
    [InlineData("GLIBCXX_3.4.30", 0x0297F840u)]
    public void The_hash_is_the_one_of_the_ABI(string name, uint expected) => Assert.Equal(expected, SymbolVersions.Hash(name));

    [Fact]
    public void Every_hash_in_a_linkers_output_is_reproduced()
    {
        Assert.SkipUnless(OperatingSystem.IsLinux(), "Only Linux libraries are ELF files.");
        string path = LibTorch.Loaded.Source.ShimPath;
        VersionNeed[] needs = [.. new SymbolVersions(new ElfImage(File.ReadAllBytes(path), path)).Needs()];

        Assert.Contains(needs, need => need is { Library: "libstdc++.so.6", Version: "GLIBCXX_3.4.32" });
        Assert.Contains(needs, need => need is { Library: "libc.so.6", Version: "GLIBC_2.34" });
        Assert.All(needs, need => Assert.Equal(need.Hash, SymbolVersions.Hash(need.Version)));
    }

    [Fact]
    public void Needs_and_their_symbols_are_listed_in_the_files_order()
    {
        byte[] file = new SyntheticElf()
            .Needs("libc.so.6", "GLIBC_2.34", 1, 2).Needs("libstdc++.so.6", "GLIBCXX_3.4", 2, 3).Needs("libstdc++.so.6", "CXXABI_1.3", 3, 4)
            .Symbol("malloc", 2).Symbol("_ZSt4cout", 3).Symbol("hidden", 0x8003).Symbol("local", 1)
            .Build();
        var versions = new SymbolVersions(new ElfImage(file, "x.so"));
        VersionNeed[] needs = [.. versions.Needs()];

        Assert.Equal(["libc.so.6", "libstdc++.so.6", "libstdc++.so.6"], needs.Select(need => need.Library));
        Assert.Equal(["GLIBC_2.34", "GLIBCXX_3.4", "CXXABI_1.3"], needs.Select(need => need.Version));
        Assert.Equal([1u, 2u, 3u], needs.Select(need => need.Hash));
        Assert.Equal(["malloc"], versions.SymbolsOf(needs[0]));
        Assert.Equal(["_ZSt4cout", "hidden"], versions.SymbolsOf(needs[1]));
        Assert.Empty(versions.SymbolsOf(needs[2]));
    }
}
