using System.Collections.Concurrent;
using System.Diagnostics.CodeAnalysis;
using System.Runtime.InteropServices;
using System.Text;
using NemotronH.Kernels.Runtime;

namespace NemotronH.Kernels.Cuda;

/// <summary>One GPU and this process's primary context on it, the one that libtorch works in.</summary>
/// <remarks>Contexts live as long as the process. All members may be called from any thread.</remarks>
public sealed class CudaContext
{
    private static readonly ConcurrentDictionary<int, Lazy<CudaContext>> Contexts = new();

    private readonly nint _handle;
    private readonly Lazy<KernelLibrary> _kernels;

    private CudaContext(int deviceIndex, int device)
    {
        _kernels = new Lazy<KernelLibrary>(() => new KernelLibrary(this));
        DeviceIndex = deviceIndex;
        Name = ReadName(device);
        ComputeCapability = new Version(
            Read(device, DeviceAttribute.ComputeCapabilityMajor), Read(device, DeviceAttribute.ComputeCapabilityMinor));
        CudaException.Check(CudaDriver.DriverGetVersion(out int version), "cuDriverGetVersion", "asking for the driver's version");
        DriverVersion = CudaRequirements.VersionOf(version);
        Warnings = CudaRequirements.Check(deviceIndex, Name, ComputeCapability, DriverVersion, NvrtcCompiler.Description);
        MultiprocessorCount = Read(device, DeviceAttribute.MultiprocessorCount);
        L2Bytes = Read(device, DeviceAttribute.L2CacheSize);
        MaxSharedBytesPerBlock = Read(device, DeviceAttribute.MaxSharedMemoryPerBlockOptIn);
        CudaException.Check(CudaDriver.DeviceTotalMemory(out nuint bytes, device), "cuDeviceTotalMem", $"asking {this} for its memory");
        TotalMemory = (long)bytes;
        CudaException.Check(CudaDriver.PrimaryContextRetain(out _handle, device), "cuDevicePrimaryCtxRetain", $"opening {this}");
    }

    /// <summary>The GPU's number, as in cuda:0.</summary>
    public int DeviceIndex { get; }

    /// <summary>The GPU's product name.</summary>
    public string Name { get; }

    /// <summary>The compute capability: 8.0 for A100, 9.0 for H100 and H200.</summary>
    public Version ComputeCapability { get; }

    /// <summary>The number of streaming multiprocessors.</summary>
    public int MultiprocessorCount { get; }

    /// <summary>The size of the level-2 cache in bytes.</summary>
    public int L2Bytes { get; }

    /// <summary>The most shared memory that one block may be given, static and dynamic together, in bytes.</summary>
    public int MaxSharedBytesPerBlock { get; }

    /// <summary>The newest CUDA version that the driver serves.</summary>
    public Version DriverVersion { get; }

    /// <summary>The GPU's memory in bytes.</summary>
    public long TotalMemory { get; }

    /// <summary>What does not stop the program but should be known; one line each.</summary>
    public IReadOnlyList<string> Warnings { get; }

    /// <summary>This library's kernels on the GPU; loaded kernels stay as long as the context.</summary>
    public KernelLibrary Kernels => _kernels.Value;

    /// <summary>What kernels are compiled for: sm_90a on compute capability 9.0, whose own instructions need the letter.</summary>
    internal string Architecture => CudaRequirements.Architecture(ComputeCapability);

    /// <summary>Whether kernels may be launched before the ones in front of them end.</summary>
    internal bool HasProgrammaticLaunch => ComputeCapability.Major >= 9;

    /// <summary>The context of a GPU, made current on the calling thread.</summary>
    /// <param name="deviceIndex">The GPU's number among those that the process sees.</param>
    /// <exception cref="CudaException">
    /// There is no such GPU, it is older than compute capability 8.0, or the driver is older than the compiler that makes its code.
    /// </exception>
    /// <exception cref="NativeLibraryException">There is no NVIDIA driver, no NVRTC or no libtorch.</exception>
    public static CudaContext For(int deviceIndex)
    {
        CudaContext context = Contexts.GetOrAdd(deviceIndex, static index => new Lazy<CudaContext>(() => Open(index))).Value;
        context.MakeCurrent();
        return context;
    }

    /// <summary>The context of a GPU where there is one, else the reason why not.</summary>
    /// <param name="deviceIndex">The GPU's number among those that the process sees.</param>
    /// <param name="context">The context, made current on the calling thread.</param>
    /// <param name="reason">One line that says what is missing.</param>
    public static bool TryFor(int deviceIndex, [NotNullWhen(true)] out CudaContext? context, [NotNullWhen(false)] out string? reason)
    {
        try
        {
            (context, reason) = (For(deviceIndex), null);
            return true;
        }
        catch (NemotronHException exception)
        {
            (context, reason) = (null, exception.Message);
            return false;
        }
    }

    /// <summary>Makes this the context of the calling thread, which launches and copies need; costs well under a microsecond.</summary>
    public void MakeCurrent() =>
        CudaException.Check(CudaDriver.ContextSetCurrent(_handle), "cuCtxSetCurrent", $"making {this} the thread's device");

    /// <summary>The bytes that no process has taken. What libtorch keeps in reserve counts as taken.</summary>
    public long FreeMemory()
    {
        MakeCurrent();
        CudaException.Check(CudaDriver.MemoryGetInfo(out nuint free, out _), "cuMemGetInfo", $"asking {this} for its free memory");
        return (long)free;
    }

    /// <summary>Waits until all work of this process on the GPU has ended.</summary>
    /// <exception cref="CudaException">A kernel failed; from then on the context is unusable.</exception>
    public void Synchronize()
    {
        MakeCurrent();
        CudaException.Check(CudaDriver.ContextSynchronize(), "cuCtxSynchronize", $"waiting for {this}");
    }

    /// <summary>The GPU's number and name.</summary>
    public override string ToString() => $"GPU {DeviceIndex} ({Name})";

    private static CudaContext Open(int deviceIndex)
    {
        LibTorch.EnsureLoaded(); // It settles where NVRTC comes from.
        if (NativeImports.Load(NativeImports.CudaDriver) == 0)
        {
            throw new NativeLibraryException("There is no NVIDIA driver on this machine; run on the CPU with --device cpu.");
        }

        CudaException.Check(CudaDriver.Initialize(0), "cuInit", "starting the driver");
        CudaException.Check(CudaDriver.DeviceGetCount(out int count), "cuDeviceGetCount", "counting the GPUs");
        CudaRequirements.CheckIndex(deviceIndex, count);
        CudaException.Check(CudaDriver.DeviceGet(out int device, deviceIndex), "cuDeviceGet", $"opening GPU {deviceIndex}");
        return new CudaContext(deviceIndex, device);
    }

    private static int Read(int device, DeviceAttribute attribute)
    {
        int status = CudaDriver.DeviceGetAttribute(out int value, attribute, device);
        CudaException.Check(status, "cuDeviceGetAttribute", "asking the GPU for its properties");
        return value;
    }

    private static unsafe string ReadName(int device)
    {
        const int MaxBytes = 256;
        byte* name = stackalloc byte[MaxBytes];
        CudaException.Check(CudaDriver.DeviceGetName(name, MaxBytes, device), "cuDeviceGetName", "asking the GPU for its name");
        return Encoding.UTF8.GetString(MemoryMarshal.CreateReadOnlySpanFromNullTerminated(name));
    }
}
