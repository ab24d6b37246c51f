namespace NemotronH.Checkpoints.Hub;

/// <summary>Adds up what several downloads report, and passes it on one report at a time.</summary>
/// <param name="stage">What is being done.</param>
/// <param name="files">How many files it is done with.</param>
/// <param name="totalBytes">How many bytes.</param>
/// <param name="listener">Is told the sums.</param>
internal sealed class PullProgress(HubStage stage, int files, long totalBytes, IProgress<HubProgress>? listener)
{
    private readonly Lock _lock = new();
    private long _bytes;
    private int _filesDone;
    private int _filesAwaited;

    /// <summary>Bytes that came over the network.</summary>
    internal long FetchedBytes { get; private set; }

    /// <summary>Bytes came over the network.</summary>
    internal void Add(long bytes) => Report(bytes, 0, fetched: bytes);

    /// <summary>Bytes were here already.</summary>
    internal void Found(long bytes) => Report(bytes, 0, fetched: 0);

    /// <summary>Bytes turned out to be of no use.</summary>
    internal void Forget(long bytes) => Report(-bytes, 0, fetched: 0);

    /// <summary>There is nothing more to do with some files.</summary>
    internal void Finish(int count) => Report(0, count, fetched: 0);

    /// <summary>Another program has to end with a file first (1), or has (-1).</summary>
    internal void Await(int count) => Report(0, 0, fetched: 0, awaited: count);

    private void Report(long bytes, int finished, long fetched, int awaited = 0)
    {
        lock (_lock)
        {
            _bytes += bytes;
            _filesDone += finished;
            _filesAwaited += awaited;
            FetchedBytes += fetched;
            listener?.Report(new HubProgress(_bytes, totalBytes, _filesDone, files) { Stage = stage, FilesAwaited = _filesAwaited });
        }
    }
}
