using System.Runtime.InteropServices;
using System.Text;
using NemotronH.Kernels.Cuda;

namespace NemotronH.Kernels.Runtime.Diagnostics;

/// <summary>What the CUDA driver says of itself and of its devices, libtorch or not.</summary>
internal static unsafe class DriverFindings
{
    private const string Component = "NVIDIA driver";
    private const string Purpose = "looking for GPUs";
    private const int NameBytes = 256;

    /// <summary>The driver and every device that this process may use.</summary>
    /// <exception cref="CudaException">The driver refuses, for want of a device perhaps.</exception>
    public static IEnumerable<RuntimeFinding> Describe()
    {
        if (NativeImports.Load(NativeImports.CudaDriver) == 0)
        {
            yield return RuntimeFinding.Missing(Component, "none is installed; models run on the CPU");
            yield break;
        }

        CudaException.Check(CudaDriver.DriverGetVersion(out int version), "cuDriverGetVersion", Purpose);
        yield return RuntimeFinding.Working(Component, $"for CUDA up to {CudaRequirements.VersionOf(version)}");
        CudaException.Check(CudaDriver.Initialize(0), "cuInit", Purpose);
        CudaException.Check(CudaDriver.DeviceGetCount(out int count), "cuDeviceGetCount", Purpose);
        for (int ordinal = 0; ordinal < count; ordinal++)
        {
            yield return Device(ordinal);
        }
    }

    private static RuntimeFinding Device(int ordinal)
    {
        CudaException.Check(CudaDriver.DeviceGet(out int device, ordinal), "cuDeviceGet", Purpose);
        byte* name = stackalloc byte[NameBytes];
        CudaException.Check(CudaDriver.DeviceGetName(name, NameBytes, device), "cuDeviceGetName", Purpose);
        int major = Read(device, DeviceAttribute.ComputeCapabilityMajor);
        int minor = Read(device, DeviceAttribute.ComputeCapabilityMinor);
        CudaException.Check(CudaDriver.DeviceTotalMemory(out nuint bytes, device), "cuDeviceTotalMem", Purpose);
        string text = Encoding.UTF8.GetString(MemoryMarshal.CreateReadOnlySpanFromNullTerminated(name));
        string detail = $"{text}, compute capability {major}.{minor}, {bytes / (double)(1 << 30):F1} GiB";
        return RuntimeFinding.Working($"GPU {ordinal}", detail);
    }

    private static int Read(int device, DeviceAttribute attribute)
    {
        CudaException.Check(CudaDriver.DeviceGetAttribute(out int value, attribute, device), "cuDeviceGetAttribute", Purpose);
        return value;
    }
}
