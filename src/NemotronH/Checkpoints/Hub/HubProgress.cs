namespace NemotronH.Checkpoints.Hub;

/// <summary>How far a model has come.</summary>
/// <param name="BytesDone">Bytes of the missing files that are here, or bytes that are hashed.</param>
/// <param name="TotalBytes">Bytes of all files that were missing, or that are hashed.</param>
/// <param name="FilesDone">Files that are here whole, or that are hashed.</param>
/// <param name="Files">Files of the model, or those that are hashed.</param>
public readonly record struct HubProgress(long BytesDone, long TotalBytes, int FilesDone, int Files)
{
    /// <summary>What the numbers are of.</summary>
    public HubStage Stage { get; init; }

    /// <summary>Files that another program is fetching just now, which is waited for.</summary>
    public int FilesAwaited { get; init; }
}
