using NemotronH.Checkpoints.Loading;
using static TorchSharp.torch;

namespace NemotronH.Tests.Checkpoints.Loading;

/// <summary>Staging buffers before tensors on the CPU, where nothing has to be pinned.</summary>
/// <param name="count">How many.</param>
/// <param name="bufferBytes">Bytes of each.</param>
internal sealed class HostStagingMemory(int count, int bufferBytes) : StagingMemory(count, bufferBytes)
{
    private readonly List<int> _copied = [];
    private byte[]? _memory = new byte[count * bufferBytes];

    public override Span<byte> this[int buffer]
    {
        get
        {
            ObjectDisposedException.ThrowIf(_memory is null, this);
            return _memory.AsSpan(buffer * BufferBytes, BufferBytes);
        }
    }

    public override int UnderWay => _copied.Count;

    public override void CopyTo(int buffer, Tensor target)
    {
        this[buffer][..checked((int)target.numel())].CopyTo(target.bytes);
        _copied.Add(buffer);
    }

    public override IReadOnlyList<int> TakeCopied(bool wait)
    {
        int[] copied = [.. _copied];
        _copied.Clear();
        return copied;
    }

    public override void Dispose() => _memory = null;
}
