using System.Diagnostics;
using System.Runtime.Versioning;
using NemotronH.Kernels.Runtime;

namespace NemotronH.Kernels.Tests.Runtime;

[UnsupportedOSPlatform("windows")]
public sealed class PrivateDirectoryTests : IDisposable
{
    private const UnixFileMode OnlyUser = UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.UserExecute;

    private readonly TemporaryDirectory _directory = new();

    public PrivateDirectoryTests() => Assert.SkipWhen(OperatingSystem.IsWindows(), "Windows has no file modes.");

    public void Dispose() => _directory.Dispose();

    [Fact]
    public void A_missing_directory_is_created_for_the_user_alone()
    {
        PrivateDirectory.Ensure(_directory.At("a", "b"));
        Assert.Equal(OnlyUser, File.GetUnixFileMode(_directory.At("a", "b")));
    }

    [Fact]
    public void A_readable_directory_of_the_user_is_closed()
    {
        Directory.CreateDirectory(_directory.At("cache"), OnlyUser | UnixFileMode.GroupRead | UnixFileMode.OtherRead);
        PrivateDirectory.Ensure(_directory.At("cache"));
        Assert.Equal(OnlyUser, File.GetUnixFileMode(_directory.At("cache")));
    }

    [Theory]
    [InlineData(UnixFileMode.GroupWrite, "720")]
    [InlineData(UnixFileMode.OtherWrite, "702")]
    public void A_directory_that_others_can_write_is_refused(UnixFileMode mode, string octal)
    {
        string path = _directory.At("cache");
        Directory.CreateDirectory(path);
        File.SetUnixFileMode(path, OnlyUser | mode);
        Assert.Equal(
            $"Other users can write to the cache directory {path} (mode {octal}, expected 700); " +
            "remove it, or set XDG_CACHE_HOME to a directory of your own.",
            Message(path));
    }

    [Fact]
    public void A_directory_of_another_user_is_refused()
    {
        Assert.SkipUnless(OperatingSystem.IsLinux(), "The owner is looked at on Linux only.");
        string path = "/";
        if (Environment.IsPrivilegedProcess)
        {
            path = Directory.CreateDirectory(_directory.At("theirs")).FullName;
            File.SetUnixFileMode(path, OnlyUser);
            using Process chown = Process.Start("chown", ["12345", path]);
            chown.WaitForExit();
        }

        Assert.Matches($"^The cache directory {path} belongs to user (0|12345), not to you .*XDG_CACHE_HOME", Message(path));
    }

    [Fact]
    public void A_file_in_the_place_of_the_directory_is_refused()
    {
        string path = _directory.Touch("cache");
        Assert.Matches($"^The cache directory {path} cannot be used: .*XDG_CACHE_HOME", Message(path));
    }

    private static string Message(string path) => Assert.Throws<NativeLibraryException>(() => PrivateDirectory.Ensure(path)).Message;
}
