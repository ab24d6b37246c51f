using Microsoft.Win32.SafeHandles;
using NemotronH.Quantization;

namespace NemotronH.Checkpoints;

/// <summary>
/// A file that comes to be whole or not at all: it is written under a temporary name beside its own and renamed at the end.
/// </summary>
public sealed class AtomicFile : IDisposable
{
    private readonly string _path;
    private readonly string _temporaryPath;
    private SafeFileHandle? _handle;

    /// <summary>Begins a file of a known size, whose room on the disk is reserved at once where the file system can.</summary>
    /// <exception cref="CheckpointException">The directory cannot be written, or the disk is full.</exception>
    internal AtomicFile(string path, long size)
    {
        _path = Path.GetFullPath(path);
        _temporaryPath = TemporaryBeside(_path);
        FileAccessGuard.Writing(path, () =>
            _handle = File.OpenHandle(_temporaryPath, FileMode.CreateNew, FileAccess.Write, FileShare.None, FileOptions.None, size));
    }

    /// <summary>A name beside a path that nothing else uses.</summary>
    internal static string TemporaryBeside(string path) =>
        Path.Join(Path.GetDirectoryName(path), $".{Path.GetFileName(path)}.{Path.GetRandomFileName()}.tmp");

    /// <summary>Writes a whole small file.</summary>
    /// <param name="path">The file; one of that name is replaced.</param>
    /// <param name="content">What it is to hold.</param>
    /// <exception cref="CheckpointException">It cannot be written.</exception>
    public static void WriteAllBytes(string path, ReadOnlySpan<byte> content)
    {
        using var file = new AtomicFile(path, content.Length);
        file.Write(content, 0);
        file.Commit();
    }

    /// <summary>Writes bytes at a position.</summary>
    /// <exception cref="CheckpointException">They cannot be written.</exception>
    /// <exception cref="ObjectDisposedException">The file is committed or abandoned.</exception>
    internal void Write(ReadOnlySpan<byte> bytes, long offset)
    {
        ObjectDisposedException.ThrowIf(_handle is null, this);
        try
        {
            RandomAccess.Write(_handle, bytes, offset);
        }
        catch (IOException exception)
        {
            throw FileAccessGuard.CannotWrite(_path, exception);
        }
    }

    /// <summary>Puts the file on the disk and gives it its name, in place of any file that had it.</summary>
    /// <exception cref="CheckpointException">It cannot be written or renamed.</exception>
    /// <exception cref="ObjectDisposedException">The file is committed or abandoned.</exception>
    internal void Commit()
    {
        ObjectDisposedException.ThrowIf(_handle is null, this);
        FileAccessGuard.Writing(_path, () =>
        {
            RandomAccess.FlushToDisk(_handle);
            _handle.Dispose();
            File.Move(_temporaryPath, _path, overwrite: true);
            _handle = null;
        });
    }

    /// <summary>Abandons the file, unless it is committed: nothing is left of it.</summary>
    public void Dispose()
    {
        if (_handle is not null)
        {
            _handle.Dispose();
            _handle = null;
            FileAccessGuard.Discarding(() => File.Delete(_temporaryPath));
        }
    }
}
