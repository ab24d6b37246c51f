using NemotronH.Kernels.Interop;
using static TorchSharp.torch;

namespace NemotronH.Kernels.Cuda;

/// <summary>A launch that was noted by a <see cref="LaunchLog"/>, with its arguments.</summary>
/// <remarks>It keeps no memory alive: who launches it again sees to that.</remarks>
public sealed class LoggedLaunch
{
    private readonly Dim3 _grid;
    private readonly Dim3 _block;
    private readonly int _sharedBytes;
    private readonly bool _programmatic;
    private readonly KernelArgument[] _arguments;

    internal LoggedLaunch(CudaFunction function, Dim3 grid, Dim3 block, int sharedBytes, bool programmatic, KernelArgument[] arguments) =>
        (Function, _grid, _block, _sharedBytes, _programmatic, _arguments) = (function, grid, block, sharedBytes, programmatic, arguments);

    /// <summary>The kernel.</summary>
    public CudaFunction Function { get; }

    /// <summary>Whether one of its arguments is the address of a tensor's first element.</summary>
    /// <param name="tensor">A tensor on the GPU.</param>
    public bool Uses(Tensor tensor)
    {
        long address = AtenInterop.DataPointer(tensor);
        return Array.Exists(_arguments, argument => argument.Bits == address);
    }

    /// <summary>Launches it once more.</summary>
    /// <param name="stream">Where to queue it.</param>
    public void Launch(CudaStream stream) => Function.Launch(stream, _grid, _block, _sharedBytes, _programmatic, _arguments);
}
