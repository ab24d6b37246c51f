using NemotronH.Quantization;

namespace NemotronH.Checkpoints.Hub;

/// <summary>Fetches models from a Hugging Face Hub into the cache that Hugging Face's own tools use too.</summary>
/// <param name="settings">Which Hub and which cache.</param>
public sealed class HubClient(HubSettings settings)
{
    /// <summary>
    /// Fetches what is missing of a model: its safetensors, json, jinja and txt files. What is fetched is checked against the size and the hash
    /// that the Hub lists, what is here already against the size alone unless the options say otherwise; the revision and the commit name the model
    /// only once all of it is there (a snapshot that another program has begun is completed in place), and what came before a failure is gone on
    /// with.
    /// </summary>
    /// <param name="model">Which model, in which revision.</param>
    /// <param name="options">How; <see langword="null"/> for the defaults.</param>
    /// <param name="progress">Is told how far it is, from several threads but never from two at once.</param>
    /// <param name="cancellationToken">Ends it; nothing but resumable files is left of what is unfinished.</param>
    /// <exception cref="HubException">
    /// The Hub cannot be reached, has no such model, sends what is wrong, or may not be asked; or the disk is too small.
    /// </exception>
    /// <exception cref="CheckpointException">The cache cannot be read or written.</exception>
    /// <exception cref="OperationCanceledException">Cancellation was asked for.</exception>
    public async Task<HubSnapshot> PullAsync(
        HubModelName model,
        HubPullOptions? options = null,
        IProgress<HubProgress>? progress = null,
        CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(model);
        options ??= new HubPullOptions();
        ArgumentOutOfRangeException.ThrowIfLessThan(options.Parallelism, 1, nameof(options));
        if (settings.IsOffline)
        {
            throw new HubException($"{model}: is not fetched, because HF_HUB_OFFLINE says that the network may not be used");
        }

        using var connection = new HubConnection(settings, options.StallTimeout);
        var retry = new RetryPolicy(options.RetryDelay);
        HubListing listing = await retry.RunAsync(() => connection.ListAsync(model, cancellationToken), () => 0, cancellationToken);
        var blobs = new BlobStore(settings.Cache, model);
        var snapshots = new SnapshotWriter(settings.Cache.RepositoryDirectory(model), options);
        if (options.Verify)
        {
            await blobs.VerifyAsync(listing.Files, progress, cancellationToken);
        }

        HubFile[] missing = blobs.FindMissing(listing.Files);
        CheckSpace(model, blobs.MissingBytes(missing) + snapshots.BytesToCopy(listing), options);

        var sums = new PullProgress(HubStage.Fetching, listing.Files.Count, missing.Sum(file => file.Size), progress);
        sums.Finish(listing.Files.Count - missing.Length);
        var parallel = new ParallelOptions { MaxDegreeOfParallelism = options.Parallelism, CancellationToken = cancellationToken };
        await Parallel.ForEachAsync(missing, parallel, async (file, token) =>
        {
            Uri address = HubAddress.File(settings.Endpoint, model, listing.Commit, file.Name);
            await blobs.FetchAsync(new BlobDownload(connection, model, file, address, sums), file, retry, sums, token);
        });
        string snapshotLock = settings.Cache.LockPath(model, listing.Commit);
        using (await BlobLock.TakeAsync(snapshotLock, sums, cancellationToken))
        {
            snapshots.Write(listing);
        }

        snapshots.WriteRef(model.Revision, listing.Commit);
        long size = listing.Files.Sum(file => file.Size);
        return new HubSnapshot(snapshots.DirectoryOf(listing.Commit), listing.Commit, listing.Files.Count, size, sums.FetchedBytes);
    }

    private void CheckSpace(HubModelName model, long needed, HubPullOptions options)
    {
        string directory = Path.GetFullPath(settings.Cache.Directory);
        long free = DiskSpace.Free(directory, options.FreeSpace);
        if (needed > free)
        {
            throw new HubException(
                $"{directory}: {Message.Bytes(free)} are free, expected {Message.Bytes(needed)} for what is missing of {model}");
        }
    }
}
