using System.Runtime.InteropServices;

namespace NemotronH.Kernels.Interop;

/// <summary>The part of libtorch's C interface (torch/csrc/inductor/aoti_torch/c/shim.h) that TorchSharp does not bind.</summary>
/// <remarks>
/// A tensor handle here is the same <c>at::Tensor*</c> as TorchSharp's <c>Tensor.Handle</c>. Every function returns 0 for success;
/// on failure libtorch writes its message to stderr.
/// </remarks>
internal static unsafe partial class AtenShim
{
    private const string Library = Runtime.NativeLibraryNames.TorchCpu;

    [LibraryImport(Library, EntryPoint = "aoti_torch_create_tensor_from_blob")]
    internal static partial int CreateTensorFromBlob(
        void* data, long rank, long* sizes, long* strides, long storageOffset, int dtype, int deviceType, int deviceIndex, out nint tensor);

    [LibraryImport(Library, EntryPoint = "aoti_torch_get_data_ptr")]
    internal static partial int GetDataPointer(nint tensor, out nint data);

    [LibraryImport(Library, EntryPoint = "aoti_torch_view_dtype")]
    internal static partial int ViewDtype(nint tensor, int dtype, out nint view);

    [LibraryImport(Library, EntryPoint = "aoti_torch_mm_out")]
    internal static partial int MatmulOut(nint result, nint left, nint right);

    [LibraryImport(Library, EntryPoint = "aoti_torch_new_tensor_handle")]
    internal static partial int NewHandle(nint tensor, out nint copy);

    [LibraryImport(Library, EntryPoint = "aoti_torch_delete_tensor_object")]
    internal static partial int DeleteHandle(nint tensor);

    [LibraryImport(Library, EntryPoint = "torch_call_dispatcher")]
    internal static partial int CallDispatcher(byte* name, byte* overload, ulong* stack, ulong version);
}
