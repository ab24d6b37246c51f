using System.IO.MemoryMappedFiles;
using System.Runtime.InteropServices;
using Microsoft.Win32.SafeHandles;

namespace NemotronH.Checkpoints.Safetensors;

/// <summary>A whole file mapped into memory for reading.</summary>
internal sealed unsafe partial class MappedFile : IDisposable
{
    /// <summary>Linux's MADV_DONTNEED.</summary>
    private const int DontNeed = 4;

    private readonly MemoryMappedFile _file;
    private readonly MemoryMappedViewAccessor _view;
    private byte* _start;

    /// <summary>Maps a file that is not empty.</summary>
    /// <param name="handle">The opened file; the caller keeps it and may close it at once.</param>
    internal MappedFile(SafeFileHandle handle)
    {
        // A map with a name would not work on Unix.
        _file = MemoryMappedFile.CreateFromFile(handle, null, 0, MemoryMappedFileAccess.Read, HandleInheritability.None, leaveOpen: true);
        _view = _file.CreateViewAccessor(0, 0, MemoryMappedFileAccess.Read);
        _view.SafeMemoryMappedViewHandle.AcquirePointer(ref _start);
        _start += _view.PointerOffset;
    }

    /// <summary>Where a byte of the file lies in memory.</summary>
    /// <exception cref="ObjectDisposedException">The map is closed.</exception>
    internal nint Address(long offset)
    {
        ObjectDisposedException.ThrowIf(_start is null, this);
        return (nint)(_start + offset);
    }

    /// <summary>Takes the pages that lie wholly inside a range out of this process; touching them again reads the file again.</summary>
    /// <remarks>A hint: it is given on Linux alone, and a kernel that declines it does no harm.</remarks>
    internal void DropPages(long offset, long length)
    {
        if (!OperatingSystem.IsLinux())
        {
            return;
        }

        nint page = Environment.SystemPageSize;
        nint begin = (Address(offset) + page - 1) / page * page;
        nint end = Address(offset + length) / page * page;
        if (begin < end)
        {
            _ = MAdvise(begin, (nuint)(end - begin), DontNeed);
        }
    }

    /// <summary>Unmaps the file.</summary>
    public void Dispose()
    {
        if (_start is not null)
        {
            _start = null;
            _view.SafeMemoryMappedViewHandle.ReleasePointer();
        }

        _view.Dispose();
        _file.Dispose();
    }

    [LibraryImport("libc", EntryPoint = "madvise")]
    private static partial int MAdvise(nint address, nuint length, int advice);
}
