using NemotronH.Kernels.Interop;
using static TorchSharp.torch;

namespace NemotronH.Quantization;

/// <summary>
/// The buffer that quantised weights are dequantised into: one for all layers of a model, as large as the largest piece that a layer asked for
/// while it was loaded. A layer's weights are overwritten by the next layer's, so a piece is used up before another is taken.
/// </summary>
/// <remarks>Belongs to one model and its thread.</remarks>
public sealed class DequantizationWorkspace : IDisposable
{
    private readonly Device _device;
    private Tensor? _buffer;

    /// <summary>Creates a workspace; nothing is allocated before the first use.</summary>
    /// <param name="device">Device of the weights.</param>
    /// <param name="limit">Bytes that a weight which can be dequantised in pieces shall not exceed.</param>
    internal DequantizationWorkspace(Device device, long limit)
    {
        _device = device;
        Limit = limit;
    }

    /// <summary>Size of the buffer in bytes: the largest piece that was reserved.</summary>
    public long ByteCount { get; private set; }

    /// <summary>Bytes that a weight which can be dequantised in pieces does not exceed.</summary>
    internal long Limit { get; }

    /// <summary>Makes room, while loading.</summary>
    /// <param name="dtype">Element type that the weight is dequantised to.</param>
    /// <param name="whole">Elements of the whole weight.</param>
    /// <param name="least">Elements of the smallest piece it can be dequantised in.</param>
    internal void Reserve(ScalarType dtype, long whole, long least)
    {
        long wanted = Math.Max(SizeOf(dtype, least), Math.Min(SizeOf(dtype, whole), Limit));
        if (wanted > ByteCount)
        {
            ByteCount = wanted;
            _buffer?.Dispose();
            _buffer = null;
        }
    }

    /// <summary>How many of a weight's pieces the buffer holds at once.</summary>
    /// <param name="dtype">Element type.</param>
    /// <param name="piece">Elements of a piece.</param>
    /// <param name="limit">Bytes not to exceed, unless one piece does.</param>
    internal long Fits(ScalarType dtype, long piece, long limit = long.MaxValue) => Math.Max(1, Math.Min(ByteCount, limit) / SizeOf(dtype, piece));

    /// <summary>The buffer's beginning as a tensor; the caller disposes it, and fills it before it reads.</summary>
    /// <param name="dtype">Element type.</param>
    /// <param name="shape">Shape, within what was reserved.</param>
    internal Tensor Take(ScalarType dtype, params ReadOnlySpan<long> shape)
    {
        long bytes = SizeOf(dtype, shape);
        if (bytes > ByteCount)
        {
            throw new InvalidOperationException($"{TensorContract.Text(shape)} of {dtype} was not reserved; the workspace holds {ByteCount} bytes.");
        }

        using var scope = NewDisposeScope();
        _buffer ??= empty([ByteCount], ScalarType.Byte, _device).DetachFromDisposeScope();
        return AtenInterop.ViewAs(_buffer.narrow(0, 0, bytes), dtype).view(shape.ToArray()).MoveToOuterDisposeScope();
    }

    /// <summary>Frees the buffer; it comes back when it is asked for again.</summary>
    public void Dispose()
    {
        _buffer?.Dispose();
        _buffer = null;
    }

    private static long SizeOf(ScalarType dtype, params ReadOnlySpan<long> shape)
    {
        long bytes = dtype.ToStoredDtype().SizeInBytes();
        foreach (long size in shape)
        {
            bytes *= size;
        }

        return bytes;
    }
}
