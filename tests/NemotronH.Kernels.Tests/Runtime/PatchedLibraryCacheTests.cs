using System.Security.Cryptography;
using NemotronH.Kernels.Runtime;

namespace NemotronH.Kernels.Tests.Runtime;

public sealed class PatchedLibraryCacheTests : IDisposable
{
    private static readonly byte[] Original = [1, 2, 3];
    private static readonly byte[] Patched = [.. Enumerable.Range(0, 100_000).Select(i => (byte)(i * 7))];

    private readonly TemporaryDirectory _directory = new();

    private string CacheDirectory => _directory.At("native");

    public void Dispose() => _directory.Dispose();

    [Fact]
    public void The_copy_is_named_by_the_hash_of_the_original()
    {
        string path = Store();

        // sha256sum of the bytes 1, 2, 3.
        Assert.Equal(Path.Combine(CacheDirectory, "libShim-039058c6f2c0cb492c533b0a4d14ef77cc0f78abccced5287d84a1a2011cfb81.so"), path);
        Assert.Equal(Patched, File.ReadAllBytes(path));
        Assert.Equal([path], Directory.GetFiles(CacheDirectory));
    }

    [Fact]
    public void A_good_copy_is_left_alone()
    {
        string path = Store();
        DateTime written = new(2001, 2, 3, 4, 5, 6, DateTimeKind.Utc);
        File.SetLastWriteTimeUtc(path, written);

        Assert.Equal(path, Store());
        Assert.Equal(written, File.GetLastWriteTimeUtc(path));
    }

    [Fact]
    public void A_copy_with_one_wrong_bit_is_replaced()
    {
        string path = Store();
        byte[] damaged = [.. Patched];
        damaged[^1] ^= 1;
        File.WriteAllBytes(path, damaged);

        Store();
        Assert.Equal(Patched, File.ReadAllBytes(path));
    }

    [Theory]
    [InlineData(0)]
    [InlineData(99_999)]
    [InlineData(100_001)]
    public void A_copy_of_the_wrong_length_is_replaced(int length)
    {
        string path = Store();
        byte[] content = [.. Patched];
        Array.Resize(ref content, length);
        File.WriteAllBytes(path, content);

        Store();
        Assert.Equal(Patched, File.ReadAllBytes(path));
    }

    [Fact]
    public void The_copy_can_be_replaced_while_it_is_open()
    {
        Assert.SkipWhen(OperatingSystem.IsWindows(), "Windows locks open files; nothing is patched there.");
        string path = Store();
        File.WriteAllBytes(path, [0]);
        using FileStream reader = File.OpenRead(path);

        Store();
        Assert.Equal(0, reader.ReadByte());
        Assert.Equal(-1, reader.ReadByte());
        Assert.Equal(Patched, File.ReadAllBytes(path));
    }

    [Fact]
    public async Task Many_threads_that_find_nothing_leave_one_good_copy()
    {
        byte[][] seen = await Task.WhenAll(Enumerable.Range(0, 8).Select(_ => Task.Run(() => File.ReadAllBytes(Store()))));

        Assert.All(seen, content => Assert.Equal(Patched, content));
        Assert.Equal([Store()], Directory.GetFiles(CacheDirectory));
    }

    [Fact]
    public void The_copy_is_the_users_alone()
    {
        Assert.SkipWhen(OperatingSystem.IsWindows(), "Windows has no file modes.");
        string path = Store();
        if (!OperatingSystem.IsWindows())
        {
            Assert.Equal(UnixFileMode.UserRead | UnixFileMode.UserWrite, File.GetUnixFileMode(path));
        }
    }

    [Fact]
    public void A_directory_in_the_place_of_the_copy_is_an_error_that_names_it()
    {
        string path = Path.Combine(CacheDirectory, $"libShim-{Convert.ToHexStringLower(SHA256.HashData(Original))}.so");
        Directory.CreateDirectory(path);

        var exception = Assert.Throws<NativeLibraryException>(Store);
        Assert.StartsWith($"{path} cannot be written: ", exception.Message, StringComparison.Ordinal);
        Assert.Empty(Directory.GetFiles(CacheDirectory));
    }

    private string Store() => new PatchedLibraryCache(CacheDirectory).Store("libShim.so", Original, Patched);
}
