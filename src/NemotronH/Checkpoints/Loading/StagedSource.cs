using NemotronH.Configuration;
using NemotronH.Kernels.Interop;
using NemotronH.Quantization;
using static TorchSharp.torch;

namespace NemotronH.Checkpoints.Loading;

/// <summary>
/// A checkpoint whose larger tensors come to a device through staging buffers that several threads fill ahead: disk, host buffer, device. Host memory
/// stays at those buffers, whatever the size of the checkpoint.
/// </summary>
/// <remarks>Tensors that are small, or asked for out of the expected order, come out of the mapped files. Belongs to one thread.</remarks>
internal sealed class StagedSource : ITensorSource, IDisposable
{
    private readonly Checkpoint _checkpoint;
    private readonly StagingMemory _memory;
    private readonly ReadAhead _reader;
    private readonly Dictionary<string, (int First, int Count)> _staged = [];
    private readonly List<FileSegment> _segments = [];
    private readonly Device _device;

    /// <summary>Begins to read.</summary>
    /// <param name="checkpoint">The checkpoint; stays the caller's.</param>
    /// <param name="config">Shape of the model that is going to ask.</param>
    /// <param name="device">Where tensors go.</param>
    /// <param name="memory">Staging buffers; taken over, and freed where this throws.</param>
    /// <param name="readers">Threads that read; no more than half the buffers, as more would wait for each other.</param>
    /// <exception cref="CheckpointException">A file cannot be opened.</exception>
    public StagedSource(Checkpoint checkpoint, NemotronHConfig config, Device device, StagingMemory memory, int readers)
    {
        _checkpoint = checkpoint;
        _device = device;
        _memory = memory;
        try
        {
            foreach (string name in LoadingOrder.Of(config, checkpoint))
            {
                int first = _segments.Count;
                _segments.AddRange(FileSegment.Cut(checkpoint.Find(name), memory.BufferBytes));
                _staged.Add(name, (first, _segments.Count - first));
            }

            _reader = new ReadAhead(_segments, memory, Math.Min(readers, Math.Max(1, memory.Count / 2)));
        }
        catch
        {
            memory.Dispose();
            throw;
        }
    }

    /// <summary>How many threads read.</summary>
    public int Readers => _reader.Readers;

    /// <summary>Most buffers that were in use at once.</summary>
    public int MostInUse => _reader.MostInUse;

    /// <summary>Tensors that came through the buffers.</summary>
    public int StagedReads { get; private set; }

    /// <summary>Larger tensors that came out of the mapped files, because they were asked for out of order.</summary>
    public int DirectReads { get; private set; }

    /// <inheritdoc/>
    public StoredTensorInfo? Describe(string name) => _checkpoint.Describe(name);

    /// <inheritdoc/>
    public Tensor Read(string name)
    {
        if (!_staged.Remove(name, out (int First, int Count) place))
        {
            return _checkpoint.Read(name);
        }

        CheckpointTensor stored = _checkpoint.Use(name);
        Tensor tensor = empty([.. stored.Info.Shape], stored.Info.Dtype.ToScalarType(), _device);
        try
        {
            if (Stage(tensor, place.First, place.Count))
            {
                StagedReads++;
                return tensor;
            }

            DirectReads++;
            tensor.Dispose();
            return _checkpoint.Read(name);
        }
        catch
        {
            tensor.Dispose();
            throw;
        }
    }

    /// <inheritdoc/>
    public void Release(string name) => _checkpoint.Release(name);

    /// <inheritdoc/>
    public void Dispose()
    {
        _reader.Dispose();
        _memory.Dispose();
    }

    /// <summary>Copies a tensor's segments.</summary>
    /// <returns>Whether they were all there.</returns>
    private bool Stage(Tensor tensor, int first, int count)
    {
        using Tensor bytes = AtenInterop.ViewAs(tensor, ScalarType.Byte);
        using Tensor flat = bytes.view(-1);
        for (int segment = first; segment < first + count; segment++)
        {
            // Readers must never wait for buffers that only this thread can give back.
            ReturnCopied(wait: _memory.UnderWay >= Math.Max(1, _memory.Count / 2));
            if (_reader.Take(segment) is not int buffer)
            {
                return false;
            }

            using Tensor target = flat.narrow(0, _segments[segment].TensorOffset, _segments[segment].Length);
            _memory.CopyTo(buffer, target);
        }

        return true;
    }

    private void ReturnCopied(bool wait)
    {
        foreach (int buffer in _memory.TakeCopied(wait))
        {
            _reader.Return(buffer);
        }
    }
}
