using System.Security.Cryptography;

namespace NemotronH.Kernels.Runtime;

/// <summary>Corrected copies of libraries, kept between runs in a directory that nobody else can write.</summary>
/// <param name="directory">The absolute directory; created when missing.</param>
internal sealed class PatchedLibraryCache(string directory)
{
    /// <summary>The user's own cache.</summary>
    /// <exception cref="NativeLibraryException">The user has no cache directory, or another user can write to it.</exception>
    public static PatchedLibraryCache ForThisUser()
    {
        string root = UserCache.Root();
        PrivateDirectory.Ensure(root); // Who can write here can put another directory in the place of ours.
        return new PatchedLibraryCache(Path.Combine(root, "native"));
    }

    /// <summary>Makes sure that the cache holds exactly these bytes.</summary>
    /// <param name="fileName">The original's file name.</param>
    /// <param name="original">The original, whose hash names the copy.</param>
    /// <param name="patched">The copy. A file that differs from it, for whatever reason, is replaced.</param>
    /// <returns>The copy's absolute path.</returns>
    /// <exception cref="NativeLibraryException">The directory is not private to the user or cannot be written.</exception>
    public string Store(string fileName, byte[] original, byte[] patched)
    {
        PrivateDirectory.Ensure(directory);
        string hash = Convert.ToHexStringLower(SHA256.HashData(original));
        string path = Path.Combine(directory, $"{Path.GetFileNameWithoutExtension(fileName)}-{hash}{Path.GetExtension(fileName)}");
        try
        {
            // What another process has just written and loaded stays: replaced, its file would no longer be the one it has loaded.
            if (!Holds(path, patched) && !AtomicFile.TryCreate(path, patched) && !Holds(path, patched))
            {
                AtomicFile.Write(path, patched);
            }
        }
        catch (Exception exception) when (exception is IOException or UnauthorizedAccessException)
        {
            throw new NativeLibraryException($"{path} cannot be written: {exception.Message}", exception);
        }

        return path;
    }

    private static bool Holds(string path, byte[] content) =>
        File.Exists(path) && new FileInfo(path).Length == content.Length && File.ReadAllBytes(path).AsSpan().SequenceEqual(content);
}
