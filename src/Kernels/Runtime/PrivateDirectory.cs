using System.Runtime.InteropServices;
using System.Runtime.Versioning;

namespace NemotronH.Kernels.Runtime;

/// <summary>A directory that this user owns and no other user can write: fit to load code from.</summary>
internal static partial class PrivateDirectory
{
    private const UnixFileMode Private = UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.UserExecute;
    private const UnixFileMode WritableByOthers = UnixFileMode.GroupWrite | UnixFileMode.OtherWrite;

    /// <summary>Creates the directory (mode 0700), or checks the one that is there.</summary>
    /// <exception cref="NativeLibraryException">It cannot be created, or another user owns it or can write to it.</exception>
    public static void Ensure(string path)
    {
        try
        {
            if (OperatingSystem.IsWindows())
            {
                Directory.CreateDirectory(path); // The profile's access list already keeps other users out.
                return;
            }

            EnsureUnix(path);
        }
        catch (Exception exception) when (exception is IOException or UnauthorizedAccessException)
        {
            throw new NativeLibraryException(
                $"The cache directory {path} cannot be used: {exception.Message} Set XDG_CACHE_HOME to a directory of your own.",
                exception);
        }
    }

    [UnsupportedOSPlatform("windows")]
    private static void EnsureUnix(string path)
    {
        Directory.CreateDirectory(path, Private);
        var mode = File.GetUnixFileMode(path);
        if ((mode & WritableByOthers) != 0)
        {
            throw new NativeLibraryException(
                $"Other users can write to the cache directory {path} (mode {Convert.ToString((int)mode, 8)}, expected 700); " +
                "remove it, or set XDG_CACHE_HOME to a directory of your own.");
        }

        if (OperatingSystem.IsLinux() && Owner(path) != GetEffectiveUserId())
        {
            throw new NativeLibraryException(
                $"The cache directory {path} belongs to user {Owner(path)}, not to you ({GetEffectiveUserId()}); " +
                "set XDG_CACHE_HOME to a directory of your own.");
        }

        File.SetUnixFileMode(path, Private);
    }

    /// <summary>The owner of what the path itself names (a symbolic link is not followed).</summary>
    private static unsafe uint Owner(string path)
    {
        // struct statx is the same on every architecture: 256 bytes, the owner at byte 20.
        const int CurrentDirectory = -100, DoNotFollow = 0x100, OwnerMask = 0x8, OwnerOffset = 20;
        byte* status = stackalloc byte[256];
        return Statx(CurrentDirectory, path, DoNotFollow, OwnerMask, status) == 0
            ? *(uint*)(status + OwnerOffset)
            : throw new IOException($"its owner is unknown (errno {Marshal.GetLastPInvokeError()})");
    }

    [LibraryImport("libc", EntryPoint = "statx", SetLastError = true, StringMarshalling = StringMarshalling.Utf8)]
    private static unsafe partial int Statx(int directory, string path, int flags, uint mask, byte* status);

    [LibraryImport("libc", EntryPoint = "geteuid")]
    private static partial uint GetEffectiveUserId();
}
