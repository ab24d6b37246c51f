using NemotronH.Quantization;
using static TorchSharp.torch;

namespace NemotronH.Checkpoints.Safetensors;

/// <summary>
/// Writes a safetensors file one tensor at a time. The file appears under its name when it is complete; until then, and for good if the
/// writer is disposed before, nothing of it is there.
/// </summary>
/// <remarks>
/// The format's header holds every size, so the writer is told of all tensors first; their data then come in any order. Wrong use (a tensor
/// that was not announced, another shape, too few bytes) throws <see cref="ArgumentException"/> or <see cref="InvalidOperationException"/>.
/// </remarks>
public sealed class SafetensorsWriter : IDisposable
{
    private readonly AtomicFile _file;
    private readonly Dictionary<string, Slot> _slots;

    /// <summary>Begins a file.</summary>
    /// <param name="path">Path of the file; a file that has it is replaced in the end.</param>
    /// <param name="tensors">Every tensor the file will hold.</param>
    /// <param name="metadata">Free-form strings for the header.</param>
    /// <exception cref="ArgumentException">A name is reserved or given twice, or a dimension is negative.</exception>
    /// <exception cref="CheckpointException">The file cannot be written.</exception>
    public SafetensorsWriter(string path, IEnumerable<StoredTensorInfo> tensors, IReadOnlyDictionary<string, string>? metadata = null)
    {
        var layout = SafetensorsLayout.Of(tensors, metadata);
        long end = layout.Entries.Count == 0 ? 0 : layout.Entries[^1].End;
        _slots = layout.Entries.ToDictionary(
            entry => entry.Tensor.Name, entry => new Slot(entry.Tensor, layout.Header.Length + entry.Begin));
        BytesMissing = end;
        _file = new AtomicFile(path, layout.Header.Length + end);
        try
        {
            _file.Write(layout.Header, 0);
        }
        catch
        {
            _file.Dispose();
            throw;
        }
    }

    /// <summary>Bytes of announced tensors that were not written yet.</summary>
    public long BytesMissing { get; private set; }

    /// <summary>Writes a whole tensor.</summary>
    /// <param name="name">Its announced name.</param>
    /// <param name="tensor">A tensor on any device of the announced shape and of the torch dtype that stores the announced one.</param>
    /// <exception cref="ArgumentException">No such tensor was announced, or it has another shape or dtype.</exception>
    /// <exception cref="CheckpointException">The file cannot be written.</exception>
    public void Write(string name, Tensor tensor)
    {
        StoredTensorInfo announced = Find(name).Tensor;
        if (tensor.dtype != announced.Dtype.ToScalarType() || !tensor.shape.SequenceEqual(announced.Shape))
        {
            throw new ArgumentException(
                $"Tensor {Message.Quote(name)} is {tensor.dtype} [{string.Join(", ", tensor.shape)}], " +
                $"expected {Message.Describe(announced)}.",
                nameof(tensor));
        }

        using Tensor contiguous = tensor.detach().cpu().contiguous();
        TensorBytes.ForEachSpan(contiguous, bytes => Append(name, bytes));
    }

    /// <summary>Writes a whole tensor from its bytes.</summary>
    /// <param name="tensor">The tensor as it was announced.</param>
    /// <param name="bytes">Its elements in row-major order, little-endian.</param>
    /// <exception cref="ArgumentException">No such tensor was announced, or it has another shape, dtype or size.</exception>
    /// <exception cref="CheckpointException">The file cannot be written.</exception>
    public void Write(StoredTensorInfo tensor, ReadOnlySpan<byte> bytes)
    {
        StoredTensorInfo announced = Find(tensor.Name).Tensor;
        if (tensor.Dtype != announced.Dtype || !tensor.Shape.SequenceEqual(announced.Shape) || bytes.Length != announced.ByteCount)
        {
            throw new ArgumentException(
                $"Tensor {Message.Quote(tensor.Name)} is {Message.Describe(tensor)} in {bytes.Length} bytes, " +
                $"expected {Message.Describe(announced)} in {announced.ByteCount}.",
                nameof(tensor));
        }

        Append(tensor.Name, bytes);
    }

    /// <summary>Writes the next bytes of a tensor; pieces of different tensors may alternate.</summary>
    /// <param name="name">Its announced name.</param>
    /// <param name="bytes">The bytes that follow those written before.</param>
    /// <exception cref="ArgumentException">No such tensor was announced, or it has fewer bytes left.</exception>
    /// <exception cref="CheckpointException">The file cannot be written.</exception>
    public void Append(string name, ReadOnlySpan<byte> bytes)
    {
        Slot slot = Find(name);
        if (bytes.Length > slot.Missing)
        {
            throw new ArgumentException(
                $"Tensor {Message.Quote(name)} got {bytes.Length} more bytes, expected at most {slot.Missing}.", nameof(bytes));
        }

        _file.Write(bytes, slot.Next);
        slot.Next += bytes.Length;
        slot.Missing -= bytes.Length;
        BytesMissing -= bytes.Length;
    }

    /// <summary>Puts the file on the disk and gives it its name.</summary>
    /// <exception cref="InvalidOperationException">A tensor was not written, or not to its end.</exception>
    /// <exception cref="CheckpointException">The file cannot be written.</exception>
    public void Complete()
    {
        if (_slots.Values.FirstOrDefault(slot => slot.Missing > 0) is { } unfinished)
        {
            throw new InvalidOperationException(
                $"Tensor {Message.Quote(unfinished.Tensor.Name)} lacks {unfinished.Missing} of {unfinished.Tensor.ByteCount} bytes.");
        }

        _file.Commit();
    }

    /// <summary>Abandons the file, unless it is complete: nothing is left of it.</summary>
    public void Dispose() => _file.Dispose();

    private Slot Find(string name) =>
        _slots.GetValueOrDefault(name) ?? throw new ArgumentException($"No tensor {Message.Quote(name)} was announced.", nameof(name));

    private sealed class Slot(StoredTensorInfo tensor, long start)
    {
        public StoredTensorInfo Tensor { get; } = tensor;

        public long Next { get; set; } = start;

        public long Missing { get; set; } = tensor.ByteCount;
    }
}
