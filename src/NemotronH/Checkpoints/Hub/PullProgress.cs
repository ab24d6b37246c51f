namespace NemotronH.Checkpoints.Hub;

/// <summary>Adds up what several downloads report, and passes it on one report at a time.</summary>
/// <param name="files">Files of the model.</param>
/// <param name="totalBytes">Bytes of the files that are missing.</param>
/// <param name="listener">Is told the sums.</param>
internal sealed class PullProgress(int files, long totalBytes, IProgress<HubProgress>? listener)
{
    private readonly Lock _lock = new();
    private long _bytes;
    private int _filesDone;

    /// <summary>Bytes that came over the network.</summary>
    internal long FetchedBytes { get; private set; }

    /// <summary>Bytes came over the network.</summary>
    internal void Add(long bytes) => Report(bytes, 0, fetched: bytes);

    /// <summary>Bytes of an unfinished file were here already.</summary>
    internal void Found(long bytes) => Report(bytes, 0, fetched: 0);

    /// <summary>Bytes turned out to be of no use.</summary>
    internal void Forget(long bytes) => Report(-bytes, 0, fetched: 0);

    /// <summary>Files are here whole.</summary>
    internal void Finish(int count) => Report(0, count, fetched: 0);

    private void Report(long bytes, int finished, long fetched)
    {
        lock (_lock)
        {
            _bytes += bytes;
            _filesDone += finished;
            FetchedBytes += fetched;
            listener?.Report(new HubProgress(_bytes, totalBytes, _filesDone, files));
        }
    }
}
