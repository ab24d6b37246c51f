using NemotronH.Quantization;

namespace NemotronH.Checkpoints;

/// <summary>
/// A directory that comes to be whole or not at all: it is filled under a temporary name beside its own and renamed at the end.
/// </summary>
internal sealed class AtomicDirectory : IDisposable
{
    private readonly string _target;
    private readonly string? _madeParent;
    private bool _finished;

    /// <summary>Begins a directory; missing parents are made.</summary>
    /// <param name="target">Path the directory will have; may exist only as an empty directory.</param>
    /// <param name="bytes">How much it will hold at least.</param>
    /// <exception cref="CheckpointException">The target is taken, its parent cannot be written, or the disk is too small.</exception>
    internal AtomicDirectory(string target, long bytes)
    {
        _target = Path.TrimEndingDirectorySeparator(Path.GetFullPath(target));
        RefuseTaken(target);
        _madeParent = HighestMissing(Path.GetDirectoryName(_target));
        DiskSpace.Require(target, Path.GetDirectoryName(_madeParent ?? _target), bytes);
        TemporaryPath = AtomicFile.TemporaryBeside(_target);
        FileAccessGuard.Writing(target, () => Directory.CreateDirectory(TemporaryPath));
    }

    /// <summary>Where the directory's files go until it is committed.</summary>
    internal string TemporaryPath { get; }

    /// <summary>Gives the directory its name.</summary>
    /// <exception cref="CheckpointException">The target was taken meanwhile, or cannot be written.</exception>
    internal void Commit()
    {
        ObjectDisposedException.ThrowIf(_finished, this);
        RefuseTaken(_target);
        FileAccessGuard.Writing(_target, () =>
        {
            if (Directory.Exists(_target))
            {
                Directory.Delete(_target);
            }

            Directory.Move(TemporaryPath, _target);
        });
        _finished = true;
    }

    /// <summary>Abandons the directory, unless it is committed: nothing is left of it, nor of the parents that were made for it.</summary>
    public void Dispose()
    {
        if (!_finished)
        {
            _finished = true;
            FileAccessGuard.Discarding(Discard);
        }
    }

    private void Discard()
    {
        Directory.Delete(TemporaryPath, recursive: true);
        string? parent = _madeParent is null ? null : Path.GetDirectoryName(_target);
        while (parent is not null && parent.Length >= _madeParent!.Length && !Directory.EnumerateFileSystemEntries(parent).Any())
        {
            Directory.Delete(parent);
            parent = Path.GetDirectoryName(parent);
        }
    }

    private static void RefuseTaken(string target)
    {
        if (File.Exists(target))
        {
            throw new CheckpointException($"{target}: is a file, expected a directory that does not exist yet");
        }

        if (Directory.Exists(target) && Directory.EnumerateFileSystemEntries(target).Any())
        {
            throw new CheckpointException($"{target}: the directory exists and is not empty, expected a new one");
        }
    }

    private static string? HighestMissing(string? directory)
    {
        string? missing = null;
        while (directory is not null && !Directory.Exists(directory))
        {
            missing = directory;
            directory = Path.GetDirectoryName(directory);
        }

        return missing;
    }
}
