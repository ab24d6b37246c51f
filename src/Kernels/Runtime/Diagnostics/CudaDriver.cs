using System.Runtime.InteropServices;
using System.Text;

namespace NemotronH.Kernels.Runtime.Diagnostics;

/// <summary>What the CUDA driver says of itself and of its devices, libtorch or not.</summary>
internal static unsafe partial class CudaDriver
{
    private const string Component = "NVIDIA driver";
    private const int MajorCapability = 75;
    private const int MinorCapability = 76;
    private const int NameBytes = 256;

    /// <summary>The driver and every device that this process may use.</summary>
    /// <exception cref="NativeLibraryException">The driver refuses, for want of a device perhaps.</exception>
    public static IEnumerable<RuntimeFinding> Describe()
    {
        if (NativeImports.Load(NativeImports.CudaDriver) == 0)
        {
            yield return RuntimeFinding.Missing(Component, "none is installed; models run on the CPU");
            yield break;
        }

        Check(DriverGetVersion(out int version), "cuDriverGetVersion");
        yield return RuntimeFinding.Working(Component, $"for CUDA up to {version / 1000}.{version % 1000 / 10}");
        Check(Initialize(0), "cuInit");
        Check(DeviceGetCount(out int count), "cuDeviceGetCount");
        for (int ordinal = 0; ordinal < count; ordinal++)
        {
            yield return Device(ordinal);
        }
    }

    private static RuntimeFinding Device(int ordinal)
    {
        Check(DeviceGet(out int device, ordinal), "cuDeviceGet");
        byte* name = stackalloc byte[NameBytes];
        Check(DeviceGetName(name, NameBytes, device), "cuDeviceGetName");
        Check(DeviceGetAttribute(out int major, MajorCapability, device), "cuDeviceGetAttribute");
        Check(DeviceGetAttribute(out int minor, MinorCapability, device), "cuDeviceGetAttribute");
        Check(DeviceTotalMemory(out nuint bytes, device), "cuDeviceTotalMem");
        string text = Encoding.UTF8.GetString(MemoryMarshal.CreateReadOnlySpanFromNullTerminated(name));
        string detail = $"{text}, compute capability {major}.{minor}, {bytes / (double)(1 << 30):F1} GiB";
        return RuntimeFinding.Working($"GPU {ordinal}", detail);
    }

    private static void Check(int status, string function)
    {
        if (status != 0)
        {
            string? reason = GetErrorString(status, out nint text) == 0 ? Marshal.PtrToStringUTF8(text) : null;
            throw new NativeLibraryException($"The CUDA driver's {function} failed with error {status}: {reason ?? "unknown"}.");
        }
    }

    [LibraryImport(NativeImports.CudaDriver, EntryPoint = "cuGetErrorString")]
    private static partial int GetErrorString(int status, out nint text);

    [LibraryImport(NativeImports.CudaDriver, EntryPoint = "cuDriverGetVersion")]
    private static partial int DriverGetVersion(out int version);

    [LibraryImport(NativeImports.CudaDriver, EntryPoint = "cuInit")]
    private static partial int Initialize(uint flags);

    [LibraryImport(NativeImports.CudaDriver, EntryPoint = "cuDeviceGetCount")]
    private static partial int DeviceGetCount(out int count);

    [LibraryImport(NativeImports.CudaDriver, EntryPoint = "cuDeviceGet")]
    private static partial int DeviceGet(out int device, int ordinal);

    [LibraryImport(NativeImports.CudaDriver, EntryPoint = "cuDeviceGetName")]
    private static partial int DeviceGetName(byte* name, int length, int device);

    [LibraryImport(NativeImports.CudaDriver, EntryPoint = "cuDeviceGetAttribute")]
    private static partial int DeviceGetAttribute(out int value, int attribute, int device);

    [LibraryImport(NativeImports.CudaDriver, EntryPoint = "cuDeviceTotalMem_v2")]
    private static partial int DeviceTotalMemory(out nuint bytes, int device);
}
