namespace NemotronH.Checkpoints;

/// <summary>How far the writing of a checkpoint has come.</summary>
/// <param name="BytesWritten">Bytes of tensors written so far.</param>
/// <param name="TotalBytes">Bytes of all tensors.</param>
public readonly record struct WriteProgress(long BytesWritten, long TotalBytes);
