using NemotronH.Kernels.Cuda;
using TorchSharp;
using static TorchSharp.torch;

namespace NemotronH.Kernels.Tests.Gpu;

/// <summary>The kernels of the tests' GPU, with a stream and tensors to try them on.</summary>
internal sealed class GpuKernels : IDisposable
{
    private readonly DisposeScope _scope = NewDisposeScope();

    private GpuKernels(CudaContext context)
    {
        Library = new KernelLibrary(context);
        Stream = CudaStream.Create(context);
    }

    public KernelLibrary Library { get; }

    public CudaStream Stream { get; }

    /// <summary>Skips the test where there is no GPU.</summary>
    public static GpuKernels Require() => new(Gpu.RequireContext());

    /// <summary>A copy on the GPU.</summary>
    public static Tensor Upload(Tensor tensor) => tensor.cuda().clone();

    /// <summary>Memory that is NaN until a kernel writes it.</summary>
    public static Tensor Poisoned(ScalarType dtype, params long[] shape) => full(shape, float.NaN, dtype, CUDA);

    /// <summary>Runs launches between what libtorch did before and what it will do.</summary>
    public void Run(Action launches)
    {
        Stream.Context.Synchronize();
        launches();
        Stream.Synchronize();
    }

    public void Dispose()
    {
        _scope.Dispose();
        Stream.Dispose();
    }
}
