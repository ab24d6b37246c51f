namespace NemotronH.Checkpoints.Hub;

/// <summary>How a model is fetched.</summary>
public sealed record HubPullOptions
{
    /// <summary>How many files are fetched at once.</summary>
    public int Parallelism { get; init; } = 4;

    /// <summary>Whether the contents of files that are here already are hashed again.</summary>
    public bool Verify { get; init; }

    /// <summary>The wait before the second attempt; each further one is twice as long.</summary>
    internal TimeSpan RetryDelay { get; init; } = TimeSpan.FromSeconds(1);

    /// <summary>How long a server may be silent.</summary>
    internal TimeSpan StallTimeout { get; init; } = TimeSpan.FromSeconds(60);

    /// <summary>Bytes that are free for a directory.</summary>
    internal Func<string, long> FreeSpace { get; init; } = directory => new DriveInfo(directory).AvailableFreeSpace;

    /// <summary>Whether links are not even tried.</summary>
    internal bool CopyAlways { get; init; }
}
