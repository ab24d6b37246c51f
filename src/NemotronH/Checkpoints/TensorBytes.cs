using NemotronH.Kernels.Interop;
using static TorchSharp.torch;

namespace NemotronH.Checkpoints;

/// <summary>The raw memory of contiguous CPU tensors of any size.</summary>
internal static unsafe class TensorBytes
{
    /// <summary>
    /// Walks over a tensor's bytes, first element first, in spans of at most a given size: one span holds no more than 2 GB.
    /// </summary>
    internal static void ForEachSpan(Tensor tensor, Action<ReadOnlySpan<byte>> visit, int spanBytes = 1 << 30)
    {
        byte* data = (byte*)AtenInterop.DataPointer(tensor);
        long count = tensor.numel() * tensor.element_size();
        for (long start = 0; start < count; start += spanBytes)
        {
            visit(new ReadOnlySpan<byte>(data + start, (int)Math.Min(spanBytes, count - start)));
        }

        GC.KeepAlive(tensor);
    }

    /// <summary>A new tensor with the bytes found at an address, aligned or not.</summary>
    internal static Tensor Copy(nint address, long[] shape, ScalarType type)
    {
        Tensor copy = empty(shape, dtype: type);
        long count = copy.numel() * copy.element_size();
        Buffer.MemoryCopy((void*)address, (void*)AtenInterop.DataPointer(copy), count, count);
        return copy;
    }
}
