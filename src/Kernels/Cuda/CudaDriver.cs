using System.Runtime.InteropServices;
using NemotronH.Kernels.Runtime;

namespace NemotronH.Kernels.Cuda;

/// <summary>The part of the CUDA driver's interface (cuda.h) that this library calls.</summary>
/// <remarks>
/// Every function returns 0 or an error code for <see cref="CudaException.Check"/>. Handles and device addresses are <c>nint</c>. Entry
/// points with a suffix are the ones that the names without it mean in cuda.h since CUDA 11.
/// </remarks>
internal static unsafe partial class CudaDriver
{
    private const string Library = NativeImports.CudaDriver;

    [LibraryImport(Library, EntryPoint = "cuGetErrorName")]
    internal static partial int GetErrorName(int status, out nint text);

    [LibraryImport(Library, EntryPoint = "cuGetErrorString")]
    internal static partial int GetErrorString(int status, out nint text);

    [LibraryImport(Library, EntryPoint = "cuInit")]
    internal static partial int Initialize(uint flags);

    [LibraryImport(Library, EntryPoint = "cuDriverGetVersion")]
    internal static partial int DriverGetVersion(out int version);

    [LibraryImport(Library, EntryPoint = "cuDeviceGetCount")]
    internal static partial int DeviceGetCount(out int count);

    [LibraryImport(Library, EntryPoint = "cuDeviceGet")]
    internal static partial int DeviceGet(out int device, int ordinal);

    [LibraryImport(Library, EntryPoint = "cuDeviceGetName")]
    internal static partial int DeviceGetName(byte* name, int length, int device);

    [LibraryImport(Library, EntryPoint = "cuDeviceGetAttribute")]
    internal static partial int DeviceGetAttribute(out int value, DeviceAttribute attribute, int device);

    [LibraryImport(Library, EntryPoint = "cuDeviceTotalMem_v2")]
    internal static partial int DeviceTotalMemory(out nuint bytes, int device);

    [LibraryImport(Library, EntryPoint = "cuDevicePrimaryCtxRetain")]
    internal static partial int PrimaryContextRetain(out nint context, int device);

    [LibraryImport(Library, EntryPoint = "cuCtxSetCurrent")]
    internal static partial int ContextSetCurrent(nint context);

    [LibraryImport(Library, EntryPoint = "cuCtxSynchronize")]
    internal static partial int ContextSynchronize();

    [LibraryImport(Library, EntryPoint = "cuMemGetInfo_v2")]
    internal static partial int MemoryGetInfo(out nuint free, out nuint total);

    [LibraryImport(Library, EntryPoint = "cuMemHostAlloc")]
    internal static partial int HostAllocate(out nint address, nuint bytes, uint flags);

    [LibraryImport(Library, EntryPoint = "cuMemHostGetDevicePointer_v2")]
    internal static partial int HostGetDevicePointer(out nint deviceAddress, nint address, uint flags);

    [LibraryImport(Library, EntryPoint = "cuMemFreeHost")]
    internal static partial int HostFree(nint address);

    [LibraryImport(Library, EntryPoint = "cuMemcpyDtoHAsync_v2")]
    internal static partial int CopyToHost(nint destination, nint source, nuint bytes, nint stream);

    [LibraryImport(Library, EntryPoint = "cuMemcpyHtoDAsync_v2")]
    internal static partial int CopyToDevice(nint destination, nint source, nuint bytes, nint stream);

    [LibraryImport(Library, EntryPoint = "cuMemcpyDtoDAsync_v2")]
    internal static partial int CopyOnDevice(nint destination, nint source, nuint bytes, nint stream);

    [LibraryImport(Library, EntryPoint = "cuMemsetD8Async")]
    internal static partial int Fill(nint destination, byte value, nuint bytes, nint stream);

    [LibraryImport(Library, EntryPoint = "cuModuleLoadData")]
    internal static partial int ModuleLoadData(out nint module, byte* image);

    [LibraryImport(Library, EntryPoint = "cuModuleGetFunction", StringMarshalling = StringMarshalling.Utf8)]
    internal static partial int ModuleGetFunction(out nint function, nint module, string name);

    [LibraryImport(Library, EntryPoint = "cuFuncGetAttribute")]
    internal static partial int FunctionGetAttribute(out int value, FunctionAttribute attribute, nint function);

    [LibraryImport(Library, EntryPoint = "cuFuncSetAttribute")]
    internal static partial int FunctionSetAttribute(nint function, FunctionAttribute attribute, int value);

    /// <summary>Since CUDA 12.4; an older driver lacks the symbol.</summary>
    [LibraryImport(Library, EntryPoint = "cuFuncGetParamInfo")]
    internal static partial int FunctionGetParameter(nint function, nuint index, out nuint offset, out nuint bytes);

    [LibraryImport(Library, EntryPoint = "cuOccupancyMaxActiveBlocksPerMultiprocessor")]
    internal static partial int MaxActiveBlocks(out int blocks, nint function, int threads, nuint sharedBytes);

    [LibraryImport(Library, EntryPoint = "cuLaunchKernelEx")]
    internal static partial int LaunchKernel(LaunchConfiguration* configuration, nint function, void** arguments, void** extra);

    [LibraryImport(Library, EntryPoint = "cuStreamCreateWithPriority")]
    internal static partial int StreamCreate(out nint stream, uint flags, int priority);

    [LibraryImport(Library, EntryPoint = "cuStreamDestroy_v2")]
    internal static partial int StreamDestroy(nint stream);

    [LibraryImport(Library, EntryPoint = "cuStreamSynchronize")]
    internal static partial int StreamSynchronize(nint stream);

    [LibraryImport(Library, EntryPoint = "cuStreamBeginCapture_v2")]
    internal static partial int StreamBeginCapture(nint stream, int mode);

    [LibraryImport(Library, EntryPoint = "cuStreamEndCapture")]
    internal static partial int StreamEndCapture(nint stream, out nint graph);

    [LibraryImport(Library, EntryPoint = "cuEventCreate")]
    internal static partial int EventCreate(out nint @event, uint flags);

    [LibraryImport(Library, EntryPoint = "cuEventDestroy_v2")]
    internal static partial int EventDestroy(nint @event);

    [LibraryImport(Library, EntryPoint = "cuEventRecord")]
    internal static partial int EventRecord(nint @event, nint stream);

    [LibraryImport(Library, EntryPoint = "cuEventQuery")]
    internal static partial int EventQuery(nint @event);

    [LibraryImport(Library, EntryPoint = "cuEventSynchronize")]
    internal static partial int EventSynchronize(nint @event);

    [LibraryImport(Library, EntryPoint = "cuEventElapsedTime")]
    internal static partial int EventElapsedTime(out float milliseconds, nint start, nint end);

    [LibraryImport(Library, EntryPoint = "cuGraphGetNodes")]
    internal static partial int GraphGetNodes(nint graph, nint* nodes, ref nuint count);

    [LibraryImport(Library, EntryPoint = "cuGraphInstantiateWithFlags")]
    internal static partial int GraphInstantiate(out nint executable, nint graph, ulong flags);

    [LibraryImport(Library, EntryPoint = "cuGraphLaunch")]
    internal static partial int GraphLaunch(nint executable, nint stream);

    [LibraryImport(Library, EntryPoint = "cuGraphExecDestroy")]
    internal static partial int GraphExecDestroy(nint executable);

    [LibraryImport(Library, EntryPoint = "cuGraphDestroy")]
    internal static partial int GraphDestroy(nint graph);
}
