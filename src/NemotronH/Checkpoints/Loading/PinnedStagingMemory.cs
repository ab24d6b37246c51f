using NemotronH.Kernels.Cuda;
using static TorchSharp.torch;

namespace NemotronH.Checkpoints.Loading;

/// <summary>Staging buffers that a GPU copies from by itself, in the order of libtorch's own work.</summary>
internal sealed class PinnedStagingMemory : StagingMemory
{
    private readonly CudaStream _stream;
    private readonly PinnedBuffer[] _buffers;
    private readonly CudaEvent[] _events;
    private readonly Queue<int> _underWay = new();

    /// <summary>Allocates the buffers.</summary>
    /// <param name="device">The GPU.</param>
    /// <param name="count">How many.</param>
    /// <param name="bufferBytes">Bytes of each.</param>
    /// <exception cref="CudaException">The machine has no more memory to pin.</exception>
    public PinnedStagingMemory(Device device, int count, int bufferBytes)
        : base(count, bufferBytes)
    {
        CudaContext context = CudaContext.For(Math.Max(0, device.index));
        _stream = CudaStream.Default(context);
        _events = new CudaEvent[count];
        _buffers = new PinnedBuffer[count];
        try
        {
            for (int i = 0; i < count; i++)
            {
                _events[i] = CudaEvent.Create(context);
                _buffers[i] = PinnedBuffer.Create(context, bufferBytes);
            }
        }
        catch
        {
            Dispose();
            throw;
        }
    }

    /// <inheritdoc/>
    public override Span<byte> this[int buffer] => _buffers[buffer].As<byte>();

    /// <inheritdoc/>
    public override int UnderWay => _underWay.Count;

    /// <inheritdoc/>
    public override void CopyTo(int buffer, Tensor target)
    {
        _stream.Context.MakeCurrent();
        _stream.CopyToDevice(_buffers[buffer], target);
        _events[buffer].Record(_stream);
        _underWay.Enqueue(buffer);
    }

    /// <inheritdoc/>
    public override IReadOnlyList<int> TakeCopied(bool wait)
    {
        var copied = new List<int>();
        while (_underWay.TryPeek(out int buffer))
        {
            if (wait && copied.Count == 0)
            {
                _events[buffer].Synchronize();
            }
            else if (!_events[buffer].IsComplete)
            {
                break;
            }

            copied.Add(_underWay.Dequeue());
        }

        return copied;
    }

    /// <inheritdoc/>
    public override void Dispose()
    {
        while (_underWay.TryDequeue(out int buffer))
        {
            _events[buffer].Synchronize();
        }

        Array.ForEach(_events, mark => mark?.Dispose());
        Array.ForEach(_buffers, buffer => buffer?.Dispose());
    }
}
