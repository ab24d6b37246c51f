using System.Buffers;
using System.Security.Cryptography;
using System.Text;
using NemotronH.Quantization;

namespace NemotronH.Checkpoints.Hub;

/// <summary>What the Hub knows of a file's content: the SHA-256 of a large one, else the id that git gives it.</summary>
/// <param name="Hex">Lower-case hexadecimal digits: 64 of a SHA-256, 40 of a git id. Also the content's name in the cache.</param>
internal sealed record ContentDigest(string Hex)
{
    private const int BufferSize = 1 << 20;

    /// <summary>How messages call it.</summary>
    internal string Kind => IsSha256 ? "sha256" : "git id";

    private bool IsSha256 => Hex.Length == 64;

    /// <summary>Whether a text is a digest of either kind.</summary>
    internal static bool IsDigest(string text, bool sha256) => text.Length == (sha256 ? 64 : 40) && text.All(char.IsAsciiHexDigitLower);

    /// <summary>Begins the hash of a content.</summary>
    /// <param name="size">Its bytes, which git puts in front of it (git book, 10.2: <c>sha1("blob " + size + "\0" + content)</c>).</param>
    internal IncrementalHash Begin(long size)
    {
        var hash = IncrementalHash.CreateHash(IsSha256 ? HashAlgorithmName.SHA256 : HashAlgorithmName.SHA1);
        if (!IsSha256)
        {
            hash.AppendData(Encoding.ASCII.GetBytes($"blob {size}\0"));
        }

        return hash;
    }

    /// <summary>Whether a file has this content.</summary>
    /// <param name="path">The file.</param>
    /// <param name="progress">Told of the bytes that are hashed.</param>
    /// <param name="cancellationToken">Ends it.</param>
    /// <exception cref="CheckpointException">It cannot be read.</exception>
    internal async Task<bool> MatchesAsync(string path, PullProgress progress, CancellationToken cancellationToken)
    {
        using FileStream stream = FileAccessGuard.Reading(
            path, () => new FileStream(path, FileMode.Open, FileAccess.Read, FileShare.Read, bufferSize: 0));
        using IncrementalHash hash = Begin(stream.Length);
        await AppendAsync(hash, stream, progress, cancellationToken);
        return Convert.ToHexStringLower(hash.GetCurrentHash()) == Hex;
    }

    /// <summary>Adds the rest of a file to a hash.</summary>
    /// <param name="hash">The hash.</param>
    /// <param name="stream">The file.</param>
    /// <param name="progress">Told of the bytes.</param>
    /// <param name="cancellationToken">Ends it.</param>
    /// <returns>How many bytes that were.</returns>
    /// <exception cref="CheckpointException">It cannot be read.</exception>
    internal static async Task<long> AppendAsync(
        IncrementalHash hash, FileStream stream, PullProgress progress, CancellationToken cancellationToken)
    {
        long length = 0;
        byte[] buffer = ArrayPool<byte>.Shared.Rent(BufferSize);
        try
        {
            for (int count; (count = await stream.ReadAsync(buffer, cancellationToken)) > 0; length += count)
            {
                hash.AppendData(buffer, 0, count);
                progress.Found(count);
            }

            return length;
        }
        catch (IOException exception)
        {
            throw new CheckpointException($"{stream.Name}: cannot be read: {exception.Message}", exception);
        }
        finally
        {
            ArrayPool<byte>.Shared.Return(buffer);
        }
    }
}
