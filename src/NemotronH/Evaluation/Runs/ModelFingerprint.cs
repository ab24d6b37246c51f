using System.Buffers.Binary;
using System.Security.Cryptography;
using System.Text;
using Microsoft.Win32.SafeHandles;
using NemotronH.Checkpoints;

namespace NemotronH.Evaluation.Runs;

/// <summary>Tells checkpoints apart without reading them whole.</summary>
internal static class ModelFingerprint
{
    private const int Samples = 64;
    private const int SampleBytes = 16 * 1024;

    private static readonly string[] TextFiles =
        ["config.json", "hf_quant_config.json", "generation_config.json", "tokenizer.json", "tokenizer_config.json", "chat_template.jinja"];

    /// <summary>Digests a checkpoint: its configuration and tokenizer files whole; of the weights names, sizes, the first bytes and samples at even distances.</summary>
    /// <param name="directory">The checkpoint.</param>
    /// <returns>SHA-256 in hexadecimal digits.</returns>
    /// <exception cref="NemotronHException">A file cannot be read.</exception>
    public static string Compute(string directory)
    {
        using var digest = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);
        foreach (string path in TextFiles.Select(name => Path.Join(directory, name)).Where(File.Exists))
        {
            Begin(digest, path, new FileInfo(path).Length);
            digest.AppendData(FileAccessGuard.Reading(path, () => File.ReadAllBytes(path)));
        }

        foreach (string path in Directory.EnumerateFiles(directory, "*.safetensors").Order(StringComparer.Ordinal))
        {
            FileAccessGuard.Reading(path, () => Sample(digest, path));
        }

        return Convert.ToHexStringLower(digest.GetHashAndReset());
    }

    private static void Begin(IncrementalHash digest, string path, long length)
    {
        Span<byte> size = stackalloc byte[sizeof(long)];
        BinaryPrimitives.WriteInt64LittleEndian(size, length);
        digest.AppendData(Encoding.UTF8.GetBytes(Path.GetFileName(path) + "\0"));
        digest.AppendData(size);
    }

    private static bool Sample(IncrementalHash digest, string path)
    {
        using SafeFileHandle file = File.OpenHandle(path);
        long length = RandomAccess.GetLength(file);
        Begin(digest, path, length);
        byte[] buffer = new byte[SampleBytes];
        for (int i = 0; i < Samples; i++)
        {
            int read = RandomAccess.Read(file, buffer, length / Samples * i);
            digest.AppendData(buffer, 0, read);
        }

        return true;
    }
}
