namespace NemotronH.Kernels.Runtime;

/// <summary>Where this user's regenerable files go.</summary>
internal static class UserCache
{
    private const string Name = "nemotronh";

    /// <summary>The cache directory of this process's user; it may not exist yet.</summary>
    public static string Root() => OperatingSystem.IsWindows()
        ? Path.Combine(Environment.GetFolderPath(Environment.SpecialFolder.LocalApplicationData), Name)
        : UnixRoot(Environment.GetEnvironmentVariable("XDG_CACHE_HOME"), Environment.GetFolderPath(Environment.SpecialFolder.UserProfile));

    /// <summary>The XDG base directory rule: XDG_CACHE_HOME where it is an absolute path, else ~/.cache.</summary>
    /// <param name="cacheHome">The value of XDG_CACHE_HOME.</param>
    /// <param name="home">The user's home directory.</param>
    /// <exception cref="NativeLibraryException">The user has neither.</exception>
    public static string UnixRoot(string? cacheHome, string home)
    {
        if (Path.IsPathRooted(cacheHome))
        {
            return Path.Combine(cacheHome, Name);
        }

        return Path.IsPathRooted(home)
            ? Path.Combine(home, ".cache", Name)
            : throw new NativeLibraryException(
                "This user has no home directory to cache files in; set XDG_CACHE_HOME to an absolute path.");
    }
}
