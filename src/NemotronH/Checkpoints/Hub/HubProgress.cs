namespace NemotronH.Checkpoints.Hub;

/// <summary>How far a model has come.</summary>
/// <param name="BytesDone">Bytes of the missing files that are here.</param>
/// <param name="TotalBytes">Bytes of all files that were missing.</param>
/// <param name="FilesDone">Files that are here whole.</param>
/// <param name="Files">Files of the model.</param>
public readonly record struct HubProgress(long BytesDone, long TotalBytes, int FilesDone, int Files);
