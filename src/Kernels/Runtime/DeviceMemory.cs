using System.Runtime.InteropServices;

namespace NemotronH.Kernels.Runtime;

/// <summary>How much memory a GPU has to give.</summary>
public static partial class DeviceMemory
{
    /// <summary>Asks the CUDA driver.</summary>
    /// <param name="device">The device's ordinal.</param>
    /// <returns>Bytes that no process has taken.</returns>
    /// <exception cref="NativeLibraryException">The driver is missing or refuses.</exception>
    public static long Free(int device) => Ask(device).Free;

    /// <summary>Asks the CUDA driver.</summary>
    /// <param name="device">The device's ordinal.</param>
    /// <returns>All of its bytes.</returns>
    /// <exception cref="NativeLibraryException">The driver is missing or refuses.</exception>
    public static long Total(int device) => Ask(device).Total;

    private static (long Free, long Total) Ask(int device)
    {
        Check(Initialize(0), "cuInit");
        Check(DeviceGet(out int handle, device), "cuDeviceGet");

        // The primary context is the one that libtorch uses.
        Check(RetainPrimaryContext(out nint context, handle), "cuDevicePrimaryCtxRetain");
        try
        {
            Check(PushContext(context), "cuCtxPushCurrent");
            int status = MemoryInfo(out nuint free, out nuint total);
            Check(PopContext(out _), "cuCtxPopCurrent");
            Check(status, "cuMemGetInfo");
            return checked(((long)free, (long)total));
        }
        finally
        {
            _ = ReleasePrimaryContext(handle);
        }
    }

    private static void Check(int status, string function)
    {
        if (status != 0)
        {
            throw new NativeLibraryException($"The CUDA driver's {function} failed with error {status}.");
        }
    }

    [LibraryImport(NativeImports.CudaDriver, EntryPoint = "cuInit")]
    private static partial int Initialize(uint flags);

    [LibraryImport(NativeImports.CudaDriver, EntryPoint = "cuDeviceGet")]
    private static partial int DeviceGet(out int device, int ordinal);

    [LibraryImport(NativeImports.CudaDriver, EntryPoint = "cuDevicePrimaryCtxRetain")]
    private static partial int RetainPrimaryContext(out nint context, int device);

    [LibraryImport(NativeImports.CudaDriver, EntryPoint = "cuDevicePrimaryCtxRelease_v2")]
    private static partial int ReleasePrimaryContext(int device);

    [LibraryImport(NativeImports.CudaDriver, EntryPoint = "cuCtxPushCurrent_v2")]
    private static partial int PushContext(nint context);

    [LibraryImport(NativeImports.CudaDriver, EntryPoint = "cuCtxPopCurrent_v2")]
    private static partial int PopContext(out nint context);

    [LibraryImport(NativeImports.CudaDriver, EntryPoint = "cuMemGetInfo_v2")]
    private static partial int MemoryInfo(out nuint free, out nuint total);
}
