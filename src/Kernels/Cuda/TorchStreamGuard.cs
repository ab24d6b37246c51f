using System.Runtime.InteropServices;
using NemotronH.Kernels.Runtime;

namespace NemotronH.Kernels.Cuda;

/// <summary>libtorch's current stream of one thread: what it is, and for how long it is another.</summary>
/// <remarks>Through libtorch's C interface (torch/csrc/inductor/aoti_torch/c/shim.h); TorchSharp binds no streams.</remarks>
internal sealed partial class TorchStreamGuard : IDisposable
{
    private readonly int _thread = Environment.CurrentManagedThreadId;
    private nint _handle;

    /// <summary>Makes a stream libtorch's current one on the calling thread.</summary>
    public TorchStreamGuard(nint stream, int deviceIndex)
    {
        RequireCuda();
        if (CreateGuard(stream, deviceIndex, out _handle) != 0)
        {
            throw new CudaException($"libtorch refused a stream of GPU {deviceIndex}; its own message is on stderr.");
        }
    }

    /// <summary>The stream that libtorch's operations on the calling thread go to; 0 is the default stream.</summary>
    public static nint CurrentStream(int deviceIndex)
    {
        RequireCuda();
        return GetCurrentStream(deviceIndex, out nint stream) == 0
            ? stream
            : throw new CudaException($"libtorch has no current stream on GPU {deviceIndex}; its own message is on stderr.");
    }

    /// <summary>Gives libtorch back the stream it had before.</summary>
    public void Dispose()
    {
        if (_handle == 0)
        {
            return;
        }

        if (Environment.CurrentManagedThreadId != _thread)
        {
            throw new InvalidOperationException("A stream guard was disposed of on another thread than the one it belongs to.");
        }

        _ = DeleteGuard(_handle);
        _handle = 0;
    }

    private static void RequireCuda()
    {
        if (!LibTorch.Loaded.HasCuda)
        {
            throw new CudaException(
                "This libtorch is for the CPU only and cannot use a stream; " +
                $"set {NativeLibraryNames.DirectoryVariable} to torch/lib of an installed PyTorch with CUDA.");
        }
    }

    [LibraryImport(NativeLibraryNames.TorchCuda, EntryPoint = "aoti_torch_create_cuda_stream_guard")]
    private static partial int CreateGuard(nint stream, int deviceIndex, out nint guard);

    [LibraryImport(NativeLibraryNames.TorchCuda, EntryPoint = "aoti_torch_delete_cuda_stream_guard")]
    private static partial int DeleteGuard(nint guard);

    [LibraryImport(NativeLibraryNames.TorchCuda, EntryPoint = "aoti_torch_get_current_cuda_stream")]
    private static partial int GetCurrentStream(int deviceIndex, out nint stream);
}
