using static TorchSharp.torch;

namespace NemotronH.Checkpoints.Loading;

/// <summary>A fixed number of buffers in host memory, between files and a device.</summary>
/// <param name="count">How many.</param>
/// <param name="bufferBytes">Bytes of each.</param>
internal abstract class StagingMemory(int count, int bufferBytes) : IDisposable
{
    /// <summary>How many buffers there are.</summary>
    public int Count { get; } = count;

    /// <summary>Bytes of each.</summary>
    public int BufferBytes { get; } = bufferBytes;

    /// <summary>A buffer's memory.</summary>
    /// <param name="buffer">Its number.</param>
    public abstract Span<byte> this[int buffer] { get; }

    /// <summary>Copies the beginning of a buffer to a tensor; the copy may go on when this returns.</summary>
    /// <param name="buffer">The buffer's number.</param>
    /// <param name="target">Bytes on the device, contiguous; their number says how many are copied.</param>
    public abstract void CopyTo(int buffer, Tensor target);

    /// <summary>How many copies go on, or were not told of as done.</summary>
    public abstract int UnderWay { get; }

    /// <summary>Tells which buffers were copied and can be filled again.</summary>
    /// <param name="wait">Whether to wait for the oldest copy that goes on.</param>
    /// <returns>Numbers of buffers, each copy's once.</returns>
    public abstract IReadOnlyList<int> TakeCopied(bool wait);

    /// <inheritdoc/>
    public abstract void Dispose();
}
