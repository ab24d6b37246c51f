using NemotronH.Quantization;

namespace NemotronH.Checkpoints;

/// <summary>Writes a checkpoint's tensors piece by piece and tells how far it has come.</summary>
/// <param name="writer">The checkpoint.</param>
/// <param name="progress">Told after each piece that was written.</param>
/// <param name="cancellationToken">Looked at before each piece.</param>
internal sealed class ReportingWriter(
    ShardedCheckpointWriter writer, IProgress<WriteProgress>? progress, CancellationToken cancellationToken)
{
    private long _written;

    /// <summary>Ends the writing.</summary>
    internal CancellationToken CancellationToken => cancellationToken;

    /// <summary>Writes the next bytes of a tensor.</summary>
    /// <exception cref="CheckpointException">The file cannot be written.</exception>
    /// <exception cref="OperationCanceledException">Cancellation was asked for.</exception>
    internal void Append(string name, ReadOnlySpan<byte> bytes)
    {
        cancellationToken.ThrowIfCancellationRequested();
        writer.Append(name, bytes);
        _written += bytes.Length;
        progress?.Report(new WriteProgress(_written, writer.TotalBytes));
    }

    /// <summary>Puts the checkpoint in its place.</summary>
    /// <exception cref="CheckpointException">The directory cannot be written.</exception>
    /// <exception cref="OperationCanceledException">Cancellation was asked for.</exception>
    internal void Complete()
    {
        cancellationToken.ThrowIfCancellationRequested();
        writer.Complete();
    }
}
