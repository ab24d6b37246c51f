using System.Runtime.InteropServices;

namespace NemotronH.Kernels.Cuda;

/// <summary>Host memory that the GPU reads and writes by itself, by asynchronous copies or straight from a kernel.</summary>
/// <remarks>The memory is not moved or paged out. Who reads what the GPU writes waits for an event behind it first.</remarks>
public sealed unsafe class PinnedBuffer : IDisposable
{
    private const uint PortableAndMapped = 1 | 2;

    private nint _address;

    private PinnedBuffer(nint address, nint deviceAddress, int bytes) =>
        (_address, DeviceAddress, Length) = (address, deviceAddress, bytes);

    /// <summary>The size in bytes.</summary>
    public int Length { get; }

    /// <summary>The address that kernels use.</summary>
    public nint DeviceAddress { get; }

    /// <summary>The address that this process uses.</summary>
    internal nint Address
    {
        get
        {
            ObjectDisposedException.ThrowIf(_address == 0, this);
            return _address;
        }
    }

    /// <summary>Allocates memory filled with zeros.</summary>
    /// <param name="context">The GPU, made the calling thread's device.</param>
    /// <param name="bytes">The size, at least 1.</param>
    /// <exception cref="CudaException">The machine has no more memory to pin.</exception>
    public static PinnedBuffer Create(CudaContext context, int bytes)
    {
        ArgumentNullException.ThrowIfNull(context);
        ArgumentOutOfRangeException.ThrowIfNegativeOrZero(bytes);
        context.MakeCurrent();
        int status = CudaDriver.HostAllocate(out nint address, (nuint)bytes, PortableAndMapped);
        CudaException.Check(status, "cuMemHostAlloc", $"pinning {bytes} bytes of host memory");
        status = CudaDriver.HostGetDevicePointer(out nint deviceAddress, address, 0);
        CudaException.Check(status, "cuMemHostGetDevicePointer", "mapping pinned memory");
        new Span<byte>((void*)address, bytes).Clear();
        return new PinnedBuffer(address, deviceAddress, bytes);
    }

    /// <summary>The memory as numbers of some type, as many as fit.</summary>
    public Span<T> As<T>()
        where T : unmanaged => MemoryMarshal.Cast<byte, T>(new Span<byte>((void*)Address, Length));

    /// <summary>Frees the memory; no copy or kernel may be using it, and no span over it may be used again.</summary>
    public void Dispose()
    {
        if (_address != 0)
        {
            _ = CudaDriver.HostFree(_address);
            _address = 0;
        }
    }
}
