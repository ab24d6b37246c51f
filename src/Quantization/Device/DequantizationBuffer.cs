using static TorchSharp.torch;

namespace NemotronH.Quantization;

/// <summary>
/// The bfloat16 buffer of a decode step that weights are dequantised into: one for all layers and all batch sizes, allocated once, as large as the
/// largest piece that a layer asked for. A layer's weights are overwritten by the next layer's.
/// </summary>
/// <param name="device">The GPU.</param>
public sealed class DequantizationBuffer(Device device) : IDisposable
{
    private Tensor? _buffer;
    private long _elements;

    /// <summary>Size in bytes.</summary>
    public long Bytes => _elements * 2;

    /// <summary>Asks for room, before <see cref="Allocate"/>.</summary>
    /// <param name="elements">Numbers of the piece.</param>
    /// <exception cref="InvalidOperationException">The buffer is there already and too small.</exception>
    public void Reserve(long elements)
    {
        if (elements > _elements && _buffer is not null)
        {
            throw new InvalidOperationException($"The buffer holds {_elements} numbers; {elements} were asked for after it was allocated.");
        }

        _elements = Math.Max(_elements, elements);
    }

    /// <summary>Allocates what was asked for; graphs may use the memory from then on.</summary>
    public void Allocate() => _buffer ??= empty([_elements], ScalarType.BFloat16, device).DetachFromDisposeScope();

    /// <summary>The buffer's beginning in a shape.</summary>
    /// <param name="shape">Within what was reserved.</param>
    /// <returns>A view; the caller disposes of it.</returns>
    /// <exception cref="InvalidOperationException">Nothing was allocated yet.</exception>
    public Tensor View(params ReadOnlySpan<long> shape)
    {
        Tensor buffer = _buffer ?? throw new InvalidOperationException("The buffer is not allocated.");
        long elements = 1;
        foreach (long size in shape)
        {
            elements *= size;
        }

        using Tensor part = buffer.narrow(0, 0, elements);
        return part.view(shape.ToArray()).DetachFromDisposeScope();
    }

    /// <inheritdoc/>
    public void Dispose() => _buffer?.Dispose();
}
