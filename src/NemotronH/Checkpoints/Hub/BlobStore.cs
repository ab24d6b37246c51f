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
    /// <param name="verify">Whether contents that are here are hashed again.</param>
    /// <param name="cancellationToken">Ends it.</param>
    /// <exception cref="CheckpointException">The cache cannot be read or written.</exception>
    internal async Task<HubFile[]> FindMissingAsync(IEnumerable<HubFile> files, bool verify, CancellationToken cancellationToken)
    {
        FileAccessGuard.Writing(_directory, () => Directory.CreateDirectory(_directory));
        var missing = new List<HubFile>();
        foreach (HubFile file in files.DistinctBy(file => file.Digest))
        {
            if (!IsHere(file) || (verify && !await IsRightAsync(file, cancellationToken)))
            {
                missing.Add(file);
            }
        }

        return [.. missing];
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
        using IDisposable taken = await BlobLock.TakeAsync(cache.LockPath(model, file.Digest.Hex), cancellationToken);
        if (IsHere(file))
        {
            progress.Found(file.Size);
        }
        else
        {
            using PartialFile partial = await PartialFile.OpenAsync(PartialPath(file), file, cancellationToken);
            progress.Found(partial.Length);
            await download.RunAsync(partial, retry, cancellationToken);
            partial.Commit(BlobPath(file));
        }

        progress.Finish(1);
    }

    private bool IsHere(HubFile file) => SizeOf(BlobPath(file)) == file.Size;

    /// <summary>Hashes a content that is here, and deletes a wrong one.</summary>
    private async Task<bool> IsRightAsync(HubFile file, CancellationToken cancellationToken)
    {
        string path = BlobPath(file);
        bool isRight = await file.Digest.MatchesAsync(path, cancellationToken);
        if (!isRight)
        {
            FileAccessGuard.Writing(path, () => File.Delete(path));
        }

        return isRight;
    }

    /// <summary>-1 where there is no file.</summary>
    private static long SizeOf(string path) => new FileInfo(path) is { Exists: true } file ? file.Length : -1;

    private string BlobPath(HubFile file) => Path.Join(_directory, file.Digest.Hex);

    private string PartialPath(HubFile file) => BlobPath(file) + ".incomplete";
}
