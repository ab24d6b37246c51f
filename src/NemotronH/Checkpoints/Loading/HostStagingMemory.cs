using System.Runtime.InteropServices;
using NemotronH.Kernels.Interop;
using static TorchSharp.torch;

namespace NemotronH.Checkpoints.Loading;

/// <summary>Staging buffers before tensors on the CPU, where nothing has to be pinned; what tests of the pipeline read through.</summary>
internal sealed unsafe class HostStagingMemory : StagingMemory
{
    private const nuint Page = 4096;

    private readonly List<int> _copied = [];
    private byte* _memory;

    /// <summary>Allocates the buffers.</summary>
    /// <param name="count">How many.</param>
    /// <param name="bufferBytes">Bytes of each.</param>
    public HostStagingMemory(int count, int bufferBytes)
        : base(count, bufferBytes) => _memory = (byte*)NativeMemory.AlignedAlloc((nuint)count * (nuint)bufferBytes, Page);

    /// <inheritdoc/>
    public override Span<byte> this[int buffer]
    {
        get
        {
            ObjectDisposedException.ThrowIf(_memory is null, this);
            return new(_memory + ((nint)buffer * BufferBytes), BufferBytes);
        }
    }

    /// <inheritdoc/>
    public override int UnderWay => _copied.Count;

    /// <inheritdoc/>
    public override void CopyTo(int buffer, Tensor target)
    {
        this[buffer][..checked((int)target.numel())].CopyTo(new Span<byte>((void*)AtenInterop.DataPointer(target), BufferBytes));
        _copied.Add(buffer);
    }

    /// <inheritdoc/>
    public override IReadOnlyList<int> TakeCopied(bool wait)
    {
        int[] copied = [.. _copied];
        _copied.Clear();
        return copied;
    }

    /// <inheritdoc/>
    public override void Dispose()
    {
        NativeMemory.AlignedFree(_memory);
        _memory = null;
    }
}
