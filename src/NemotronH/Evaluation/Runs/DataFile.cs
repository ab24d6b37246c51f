using System.Security.Cryptography;
using System.Text;
using NemotronH.Checkpoints;

namespace NemotronH.Evaluation.Runs;

/// <summary>A benchmark's data file, read once, and its digest.</summary>
/// <param name="Path">The file.</param>
/// <param name="Content">Its bytes.</param>
internal sealed record DataFile(string Path, byte[] Content)
{
    /// <summary>Name without directories.</summary>
    public string Name => System.IO.Path.GetFileName(Path);

    /// <summary>SHA-256 in hexadecimal digits.</summary>
    public string Sha256 => Convert.ToHexStringLower(SHA256.HashData(Content));

    /// <summary>Reads a file.</summary>
    /// <exception cref="NemotronHException">There is no such file, or it cannot be read.</exception>
    public static DataFile Read(string path) => new(path, FileAccessGuard.Reading(path, () => File.ReadAllBytes(path)));

    /// <summary>One digest of several files: of their names and digests, in the order of names.</summary>
    public static string Digest(IEnumerable<DataFile> files) =>
        Convert.ToHexStringLower(SHA256.HashData(Encoding.UTF8.GetBytes(string.Concat(
            files.OrderBy(file => file.Path, StringComparer.Ordinal).Select(file => $"{file.Sha256} {file.Name}\n")))));

    /// <summary>One digest of several texts, in order.</summary>
    public static string Digest(IEnumerable<string> texts)
    {
        using var digest = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);
        foreach (string text in texts)
        {
            digest.AppendData(SHA256.HashData(Encoding.UTF8.GetBytes(text)));
        }

        return Convert.ToHexStringLower(digest.GetHashAndReset());
    }

    /// <summary>The content as text: UTF-8 as it stands, a byte order mark and line ends kept.</summary>
    /// <exception cref="EvaluationException">It is not UTF-8; the message has the line.</exception>
    public string Text()
    {
        try
        {
            return new UTF8Encoding(false, throwOnInvalidBytes: true).GetString(Content);
        }
        catch (DecoderFallbackException exception)
        {
            int line = Content.AsSpan(0, exception.Index).Count((byte)'\n') + 1;
            throw new EvaluationException($"{Path}: line {line}: is not UTF-8 text", exception);
        }
    }
}
