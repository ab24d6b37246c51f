using System.Text;
using NemotronH.Quantization;

namespace NemotronH.Checkpoints.Hub;

/// <summary>Gives contents that are here the names they have in a commit.</summary>
/// <param name="repository">The model's directory in the cache.</param>
/// <param name="options">How the model is fetched.</param>
internal sealed class SnapshotWriter(string repository, HubPullOptions options)
{
    /// <summary>The directory of a commit's files.</summary>
    internal string DirectoryOf(string commit) => Path.Join(repository, "snapshots", commit);

    /// <summary>Bytes that naming the files of a commit takes: none where links can be made.</summary>
    /// <exception cref="CheckpointException">Nothing can be written where the cache is.</exception>
    internal long BytesToCopy(HubListing listing) =>
        CanLink() ? 0 : listing.Files.Where(file => !IsCopied(PathOf(listing.Commit, file), file)).Sum(file => file.Size);

    /// <summary>Links cannot be made everywhere on Windows, nor on every file system.</summary>
    private bool CanLink()
    {
        string probe = AtomicFile.TemporaryBeside(Path.Join(repository, "link"));
        FileAccessGuard.Writing(repository, () => Directory.CreateDirectory(repository));
        bool made = TryLink(probe, "blobs");
        FileAccessGuard.Discarding(() => File.Delete(probe));
        return made;
    }

    /// <summary>
    /// Names all files of a commit: in a directory that nobody takes for a snapshot, which gets its name at the end. A snapshot that another
    /// program has begun is completed where it is.
    /// </summary>
    /// <exception cref="CheckpointException">They cannot be written.</exception>
    internal void Write(HubListing listing)
    {
        string snapshot = DirectoryOf(listing.Commit);
        string unfinished = Path.Join(repository, $"{listing.Commit}.incomplete");
        string directory = Directory.Exists(snapshot) ? snapshot : unfinished;
        foreach (HubFile file in listing.Files)
        {
            string path = Path.Join(directory, file.Name);
            string up = string.Concat(Enumerable.Repeat("../", 2 + file.Name.Count(c => c == '/')));
            FileAccessGuard.Writing(path, () => Place(path, $"{up}blobs/{file.Digest.Hex}", file));
        }

        if (directory == unfinished)
        {
            FileAccessGuard.Writing(snapshot, () =>
            {
                Directory.CreateDirectory(Path.GetDirectoryName(snapshot)!);
                Directory.Move(unfinished, snapshot);
            });
        }
    }

    /// <summary>Makes a branch or tag name a commit, from which moment on the model is found.</summary>
    /// <exception cref="CheckpointException">It cannot be written.</exception>
    internal void WriteRef(string revision, string commit)
    {
        if (revision != commit)
        {
            string path = Path.Join(repository, "refs", revision);
            FileAccessGuard.Writing(path, () => Directory.CreateDirectory(Path.GetDirectoryName(path)!));
            AtomicFile.WriteAllBytes(path, Encoding.ASCII.GetBytes(commit));
        }
    }

    private void Place(string path, string target, HubFile file)
    {
        if (new FileInfo(path).LinkTarget == target || (!options.Verify && IsCopied(path, file)))
        {
            return;
        }

        Directory.CreateDirectory(Path.GetDirectoryName(path)!);
        string temporary = AtomicFile.TemporaryBeside(path);
        try
        {
            if (!TryLink(temporary, target))
            {
                File.Copy(Path.Join(repository, "blobs", file.Digest.Hex), temporary);
            }

            File.Move(temporary, path, overwrite: true);
        }
        catch
        {
            FileAccessGuard.Discarding(() => File.Delete(temporary));
            throw;
        }
    }

    private string PathOf(string commit, HubFile file) => Path.Join(DirectoryOf(commit), file.Name);

    private static bool IsCopied(string path, HubFile file) =>
        new FileInfo(path) is { Exists: true, LinkTarget: null } copy && copy.Length == file.Size;

    private bool TryLink(string path, string target)
    {
        try
        {
            if (!options.CopyAlways)
            {
                File.CreateSymbolicLink(path, target);
            }

            return !options.CopyAlways;
        }
        catch (Exception exception) when (exception is IOException or UnauthorizedAccessException or PlatformNotSupportedException)
        {
            return false;
        }
    }
}
