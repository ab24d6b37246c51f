using System.Security.Cryptography;
using System.Text;
using NemotronH.Kernels.Runtime;

namespace NemotronH.Kernels.Cuda;

/// <summary>Compiled kernels kept between runs, each file followed by its hash.</summary>
/// <param name="root">The absolute directory in which the cache has its own; created when first written to.</param>
/// <remarks>A file that is missing, damaged or not to be trusted is a miss: the cache saves time and decides nothing.</remarks>
internal sealed class CubinCache(string root)
{
    private readonly string _directory = Path.Combine(root, "cubin");

    /// <summary>The user's own cache.</summary>
    /// <exception cref="NativeLibraryException">The user has no home directory.</exception>
    public static CubinCache ForThisUser() => new(UserCache.Root());

    /// <summary>The name of one compilation: everything that decides the result goes into it.</summary>
    /// <param name="sources">Where the files are.</param>
    /// <param name="source">The file; those that it includes count with it.</param>
    /// <param name="options">All options of the compiler.</param>
    /// <param name="compiler">The compiler's version.</param>
    /// <returns>A file name.</returns>
    public static string Key(SourceSet sources, KernelSource source, IReadOnlyList<string> options, Version compiler)
    {
        using var hash = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);
        Append(hash, $"NVRTC {compiler}");
        foreach (string option in options)
        {
            Append(hash, option);
        }

        foreach (string name in sources.Includes(source.FileName).Prepend(source.FileName))
        {
            Append(hash, name);
            Append(hash, sources.Read(name));
        }

        return $"{Path.GetFileNameWithoutExtension(source.FileName)}-{Convert.ToHexStringLower(hash.GetHashAndReset())}.cubin";
    }

    /// <summary>What was stored under a key, or null.</summary>
    public byte[]? Find(string key)
    {
        string path = Path.Combine(_directory, key);
        try
        {
            if (!File.Exists(path))
            {
                return null;
            }

            EnsurePrivate();
            byte[] content = File.ReadAllBytes(path);
            int length = content.Length - SHA256.HashSizeInBytes;
            bool intact = length > 0 && content.AsSpan(length).SequenceEqual(SHA256.HashData(content.AsSpan(0, length)));
            return intact ? content[..length] : null;
        }
        catch (Exception exception) when (exception is IOException or UnauthorizedAccessException or NativeLibraryException)
        {
            return null;
        }
    }

    /// <summary>Keeps a result where that is possible.</summary>
    public void Store(string key, byte[] cubin)
    {
        try
        {
            EnsurePrivate();
            AtomicFile.Write(Path.Combine(_directory, key), [.. cubin, .. SHA256.HashData(cubin)]);
        }
        catch (Exception exception) when (exception is IOException or UnauthorizedAccessException or NativeLibraryException)
        {
            // A full disk or a read-only home directory costs the next run its time and nothing else.
        }
    }

    /// <summary>Who can write to the directory above can put another in the place of ours.</summary>
    private void EnsurePrivate()
    {
        PrivateDirectory.Ensure(root);
        PrivateDirectory.Ensure(_directory);
    }

    /// <summary>Texts go in with their lengths: no two lists of texts are one.</summary>
    private static void Append(IncrementalHash hash, string text)
    {
        byte[] bytes = Encoding.UTF8.GetBytes(text);
        hash.AppendData(BitConverter.GetBytes(bytes.LongLength));
        hash.AppendData(bytes);
    }
}
