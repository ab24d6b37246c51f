using NemotronH.Quantization;

namespace NemotronH.Checkpoints.Hub;

/// <summary>The contents of a model's files in the cache, each under its hash.</summary>
/// <param name="cache">The cache.</param>
/// <param name="model">The model.</param>
internal sealed class BlobStore(HubCache cache, HubModelName model)
{
    private readonly string _directory = Path.Join(cache.RepositoryDirectory(model), "blobs");

    /// <summary>Finds the files whose content is not here, each content once.</summary>
    /// <param name="files">The files.</param>
    /// <exception cref="CheckpointException">The cache cannot be read or written.</exception>
    internal HubFile[] FindMissing(IEnumerable<HubFile> files)
    {
        FileAccessGuard.Writing(_directory, () => Directory.CreateDirectory(_directory));
        return [.. files.DistinctBy(file => file.Digest).Where(file => !IsHere(file))];
    }

    /// <summary>Hashes the contents that are here, and deletes the wrong ones.</summary>
    /// <param name="files">The files.</param>
    /// <param name="listener">Told how far it is.</param>
    /// <param name="cancellationToken">Ends it.</param>
    /// <exception cref="CheckpointException">The cache cannot be read or written.</exception>
    internal async Task VerifyAsync(IEnumerable<HubFile> files, IProgress<HubProgress>? listener, CancellationToken cancellationToken)
    {
        HubFile[] here = [.. files.DistinctBy(file => file.Digest).Where(IsHere)];
        var progress = new PullProgress(HubStage.Verifying, here.Length, here.Sum(file => file.Size), listener);
        foreach (HubFile file in here)
        {
            string path = BlobPath(file);
            if (!await file.Digest.MatchesAsync(path, progress, cancellationToken))
            {
                FileAccessGuard.Writing(path, () => File.Delete(path));
            }

            progress.Finish(1);
        }
    }

    /// <summary>Bytes of files that are not here, not even in an unfinished file.</summary>
    internal long MissingBytes(IEnumerable<HubFile> files) =>
        files.Sum(file => file.Size - Math.Clamp(SizeOf(PartialPath(file)), 0, file.Size));

    /// <summary>Fetches a content, unless another program did meanwhile.</summary>
    /// <exception cref="HubException">It cannot be had.</exception>
    /// <exception cref="CheckpointException">It cannot be written.</exception>
    internal async Task FetchAsync(
        BlobDownload download, HubFile file, RetryPolicy retry, PullProgress progress, CancellationToken cancellationToken)
    {
        using IDisposable taken = await BlobLock.TakeAsync(cache.LockPath(model, file.Digest.Hex), progress, cancellationToken);
        if (IsHere(file))
        {
            progress.Found(file.Size);
        }
        else
        {
            using PartialFile partial = await PartialFile.OpenAsync(PartialPath(file), file, progress, cancellationToken);
            await download.RunAsync(partial, retry, cancellationToken);
            partial.Commit(BlobPath(file));
        }

        progress.Finish(1);
    }

    private bool IsHere(HubFile file) => SizeOf(BlobPath(file)) == file.Size;

    /// <summary>-1 where there is no file.</summary>
    private static long SizeOf(string path) => new FileInfo(path) is { Exists: true } file ? file.Length : -1;

    private string BlobPath(HubFile file) => Path.Join(_directory, file.Digest.Hex);

    private string PartialPath(HubFile file) => BlobPath(file) + ".incomplete";
}
