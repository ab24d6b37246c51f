using static TorchSharp.torch;

namespace NemotronH.Checkpoints;

/// <summary>The raw memory of CPU tensors of any size, in spans.</summary>
internal static class TensorBytes
{
    /// <summary>Elements per span; with 8 bytes each this stays below the 2 GB that a span can hold.</summary>
    private const long SpanElements = 1 << 27;

    /// <summary>Walks over the bytes of a contiguous CPU tensor, first element first.</summary>
    internal static void ForEachSpan(Tensor tensor, Action<Span<byte>> visit)
    {
        using Tensor flat = tensor.view(-1);
        long count = flat.numel();
        for (long start = 0; start < count; start += SpanElements)
        {
            using Tensor piece = flat.narrow(0, start, Math.Min(SpanElements, count - start));
            visit(piece.bytes);
        }
    }

    /// <summary>A new tensor with the bytes found at an address that need not be aligned.</summary>
    internal static unsafe Tensor Copy(nint address, long[] shape, ScalarType type)
    {
        Tensor copy = empty(shape, dtype: type);
        byte* source = (byte*)address;
        ForEachSpan(copy, target =>
        {
            new ReadOnlySpan<byte>(source, target.Length).CopyTo(target);
            source += target.Length;
        });
        return copy;
    }
}
