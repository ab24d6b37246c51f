namespace NemotronH.Checkpoints.Loading;

/// <summary>How far the loading of weights is.</summary>
/// <param name="BytesDone">Bytes of the tensors that are placed.</param>
/// <param name="TotalBytes">Bytes of all tensors of the language model.</param>
public readonly record struct LoadingProgress(long BytesDone, long TotalBytes);
