using NemotronH.Kernels.Cuda;

namespace NemotronH.Kernels.Tests.Cuda;

public sealed class CubinCacheTests : IDisposable
{
    private const string Key = "kernel-1234.cubin";

    private static readonly SourceSet Sources = new(new Dictionary<string, string>
    {
        ["kernel.cu"] = "#include \"common.cuh\"\nint kernel;",
        ["other.cu"] = "#include \"common.cuh\"\nint kernel;",
        ["common.cuh"] = "int common;",
        ["unrelated.cuh"] = "int unrelated;",
    });

    private readonly TemporaryDirectory _directory = new();

    public void Dispose() => _directory.Dispose();

    [Fact]
    public void What_was_stored_is_found_by_the_next_process()
    {
        byte[] cubin = [1, 2, 3];
        Cache().Store(Key, cubin);

        Assert.Equal(cubin, Cache().Find(Key));
        Assert.Null(Cache().Find("kernel-5678.cubin"));
    }

    [Fact]
    public void A_later_result_takes_the_place_of_an_earlier_one_and_nothing_else_is_left_behind()
    {
        Cache().Store(Key, [1]);
        Cache().Store(Key, [2, 2]);

        Assert.Equal([2, 2], Cache().Find(Key));
        Assert.Single(Directory.GetFiles(_directory.At("cubin")));
    }

    [Fact]
    public void A_file_with_any_byte_changed_or_missing_is_no_hit()
    {
        Cache().Store(Key, [1, 2, 3]);
        string path = _directory.At("cubin", Key);
        byte[] intact = File.ReadAllBytes(path);
        for (int index = 0; index < intact.Length; index++)
        {
            byte[] damaged = [.. intact];
            damaged[index] ^= 0x10;
            File.WriteAllBytes(path, damaged);
            Assert.Null(Cache().Find(Key));
            File.WriteAllBytes(path, intact[..index]);
            Assert.Null(Cache().Find(Key));
        }

        File.WriteAllBytes(path, intact);
        Assert.NotNull(Cache().Find(Key));
    }

    [Theory]
    [InlineData("cubin")]
    [InlineData(".")]
    public void A_directory_that_others_can_write_to_is_neither_trusted_nor_used(string directory)
    {
        Assert.SkipWhen(OperatingSystem.IsWindows(), "Windows has no file modes.");
        Cache().Store(Key, [1, 2, 3]);
        if (!OperatingSystem.IsWindows())
        {
            File.SetUnixFileMode(_directory.At(directory), (UnixFileMode)0b111_111_111);
        }

        Cache().Store("second.cubin", [4]);

        Assert.Null(Cache().Find(Key));
        Assert.False(File.Exists(_directory.At("cubin", "second.cubin")));
    }

    [Fact]
    public void A_cache_that_cannot_be_written_stops_nothing()
    {
        File.WriteAllText(_directory.At("cubin"), "a file where the directory should be");
        Cache().Store(Key, [1]);
        Assert.Null(Cache().Find(Key));
    }

    [Fact]
    public void The_key_is_a_file_name_that_names_the_source() =>
        Assert.Matches("^kernel-[0-9a-f]{64}\\.cubin$", KeyOf(Sources, new KernelSource("kernel.cu"), "sm_90a", new Version(13, 0)));

    [Fact]
    public void All_that_decides_the_result_changes_the_key()
    {
        var source = new KernelSource("kernel.cu", ("N", "1"));
        var version = new Version(13, 0);
        string[] keys =
        [
            KeyOf(Sources, source, "sm_90a", version),
            KeyOf(Sources, source, "sm_80", version),
            KeyOf(Sources, source, "sm_90a", new Version(13, 1)),
            KeyOf(Sources, new KernelSource("kernel.cu", ("N", "2")), "sm_90a", version),
            KeyOf(Sources, new KernelSource("kernel.cu"), "sm_90a", version),
            KeyOf(Sources, new KernelSource("other.cu", ("N", "1")), "sm_90a", version),
            KeyOf(Sources.With("kernel.cu", "int kernel;"), source, "sm_90a", version),
            KeyOf(Sources.With("common.cuh", "int Common;"), source, "sm_90a", version),
        ];
        Assert.Equal(keys.Length, keys.Distinct().Count());
    }

    [Fact]
    public void What_does_not_decide_the_result_leaves_the_key()
    {
        var source = new KernelSource("kernel.cu");
        var version = new Version(13, 0);
        Assert.Equal(
            KeyOf(Sources, source, "sm_90a", version), KeyOf(Sources.With("unrelated.cuh", "changed"), source, "sm_90a", version));
    }

    private static string KeyOf(SourceSet sources, KernelSource source, string architecture, Version compiler) =>
        CubinCache.Key(sources, source, NvrtcCompiler.Options(architecture, source), compiler);

    private CubinCache Cache() => new(_directory.Root);
}
