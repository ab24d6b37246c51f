using NemotronH.Kernels.Interop;
using static TorchSharp.torch;

namespace NemotronH.Kernels.Cuda;

/// <summary>Copies and fills that a stream does in its turn; they allocate nothing and can be recorded in a graph.</summary>
public static class CudaCopies
{
    /// <summary>Copies a tensor into pinned memory. It is there when the stream has come to it: record an event behind.</summary>
    /// <param name="stream">The stream.</param>
    /// <param name="source">A contiguous tensor on the GPU.</param>
    /// <param name="destination">The memory.</param>
    /// <param name="destinationOffset">Where in it, in bytes.</param>
    /// <exception cref="ArgumentException">The tensor is not contiguous or not on the GPU, or does not fit.</exception>
    public static void CopyToHost(this CudaStream stream, Tensor source, PinnedBuffer destination, int destinationOffset = 0)
    {
        ArgumentNullException.ThrowIfNull(stream);
        ArgumentNullException.ThrowIfNull(destination);
        long bytes = Bytes(source, nameof(source));
        CheckFits(bytes, destination, destinationOffset, nameof(destination));
        nint address = destination.Address + destinationOffset;
        int status = CudaDriver.CopyToHost(address, AtenInterop.DataPointer(source), (nuint)bytes, stream.Handle);
        CudaException.Check(status, "cuMemcpyDtoHAsync", "copying a tensor to the host");
    }

    /// <summary>Copies pinned memory into a tensor. The memory must stay as it is until the stream has done so.</summary>
    /// <param name="stream">The stream.</param>
    /// <param name="source">The memory.</param>
    /// <param name="destination">A contiguous tensor on the GPU; its size says how much is copied.</param>
    /// <param name="sourceOffset">From where in the memory, in bytes.</param>
    /// <exception cref="ArgumentException">The tensor is not contiguous or not on the GPU, or the memory is too short.</exception>
    public static void CopyToDevice(this CudaStream stream, PinnedBuffer source, Tensor destination, int sourceOffset = 0)
    {
        ArgumentNullException.ThrowIfNull(stream);
        ArgumentNullException.ThrowIfNull(source);
        long bytes = Bytes(destination, nameof(destination));
        CheckFits(bytes, source, sourceOffset, nameof(source));
        nint address = source.Address + sourceOffset;
        int status = CudaDriver.CopyToDevice(AtenInterop.DataPointer(destination), address, (nuint)bytes, stream.Handle);
        CudaException.Check(status, "cuMemcpyHtoDAsync", "copying to a tensor on the GPU");
    }

    /// <summary>Sets every byte of a tensor: 0 for zeros, 255 for NaN in any float format.</summary>
    /// <param name="stream">The stream.</param>
    /// <param name="tensor">A contiguous tensor on the GPU.</param>
    /// <param name="value">The byte.</param>
    /// <exception cref="ArgumentException">The tensor is not contiguous or not on the GPU.</exception>
    public static void Fill(this CudaStream stream, Tensor tensor, byte value)
    {
        ArgumentNullException.ThrowIfNull(stream);
        long bytes = Bytes(tensor, nameof(tensor));
        int status = CudaDriver.Fill(AtenInterop.DataPointer(tensor), value, (nuint)bytes, stream.Handle);
        CudaException.Check(status, "cuMemsetD8Async", "filling a tensor");
    }

    private static long Bytes(Tensor tensor, string name)
    {
        TensorCheck.OnGpu(tensor, name);
        return tensor.numel() * tensor.element_size();
    }

    private static void CheckFits(long bytes, PinnedBuffer buffer, int offset, string name)
    {
        if (offset < 0 || offset + bytes > buffer.Length)
        {
            throw new ArgumentException($"{bytes} bytes at offset {offset} are not within the buffer's {buffer.Length}.", name);
        }
    }
}
