using System.Security.Cryptography;
using NemotronH.Quantization;

namespace NemotronH.Checkpoints.Hub;

/// <summary>The beginning of a blob, <c>HASH.incomplete</c>: what is here of it, and the hash of that.</summary>
internal sealed class PartialFile : IDisposable
{
    private readonly string _path;
    private readonly HubFile _content;
    private readonly FileStream _stream;
    private IncrementalHash _hash;

    private PartialFile(string path, HubFile content, FileStream stream)
    {
        _path = path;
        _content = content;
        _stream = stream;
        _hash = content.Digest.Begin(content.Size);
    }

    /// <summary>Bytes that are here.</summary>
    internal long Length { get; private set; }

    /// <summary>Bytes that are not.</summary>
    internal long Remaining => _content.Size - Length;

    /// <summary>Opens what is here of a blob, or begins it.</summary>
    /// <param name="path">The file.</param>
    /// <param name="content">What it is to become.</param>
    /// <param name="progress">Told of the bytes that are here.</param>
    /// <param name="cancellationToken">Ends it.</param>
    /// <exception cref="CheckpointException">The file cannot be read or written.</exception>
    internal static async Task<PartialFile> OpenAsync(
        string path, HubFile content, PullProgress progress, CancellationToken cancellationToken)
    {
        FileStream? stream = null;
        FileAccessGuard.Writing(
            path, () => stream = new FileStream(path, FileMode.OpenOrCreate, FileAccess.ReadWrite, FileShare.None, bufferSize: 0));
        var partial = new PartialFile(path, content, stream!);
        try
        {
            await partial.HashExistingAsync(progress, cancellationToken);
            return partial;
        }
        catch
        {
            partial.Dispose();
            throw;
        }
    }

    /// <summary>Adds bytes at the end.</summary>
    /// <exception cref="CheckpointException">They cannot be written.</exception>
    internal async Task AppendAsync(ReadOnlyMemory<byte> bytes, CancellationToken cancellationToken)
    {
        try
        {
            await _stream.WriteAsync(bytes, cancellationToken);
        }
        catch (IOException exception)
        {
            throw FileAccessGuard.CannotWrite(_path, exception);
        }

        _hash.AppendData(bytes.Span);
        Length += bytes.Length;
    }

    /// <summary>Forgets what is here.</summary>
    /// <exception cref="CheckpointException">The file cannot be written.</exception>
    internal void Restart()
    {
        FileAccessGuard.Writing(_path, () => _stream.SetLength(0));
        Length = 0;
        _hash.Dispose();
        _hash = _content.Digest.Begin(_content.Size);
    }

    /// <summary>The hash of what is here, in hexadecimal digits.</summary>
    internal string Digest() => Convert.ToHexStringLower(_hash.GetCurrentHash());

    /// <summary>Puts the whole content on the disk and gives it its name.</summary>
    /// <exception cref="CheckpointException">It cannot be written or renamed.</exception>
    internal void Commit(string blobPath) => FileAccessGuard.Writing(blobPath, () =>
    {
        _stream.Flush(flushToDisk: true);
        _stream.Dispose();
        File.Move(_path, blobPath, overwrite: true);
    });

    /// <summary>Deletes it.</summary>
    internal void Discard()
    {
        _stream.Dispose();
        FileAccessGuard.Discarding(() => File.Delete(_path));
    }

    /// <summary>Closes it: what is here stays, to be resumed.</summary>
    public void Dispose()
    {
        _stream.Dispose();
        _hash.Dispose();
    }

    private async Task HashExistingAsync(PullProgress progress, CancellationToken cancellationToken)
    {
        if (_stream.Length > _content.Size)
        {
            Restart();
            return;
        }

        Length = await ContentDigest.AppendAsync(_hash, _stream, progress, cancellationToken);
    }
}
