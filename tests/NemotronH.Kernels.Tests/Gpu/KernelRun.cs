using NemotronH.Kernels.Cuda;
using TorchSharp;
using static TorchSharp.torch;

namespace NemotronH.Kernels.Tests.Gpu;

/// <summary>What a test of kernels needs: the library, a stream that torch's operations go to as well, and a scope for tensors.</summary>
internal sealed class KernelRun : IDisposable
{
    private readonly IDisposable _guard;
    private readonly DisposeScope _scope;

    /// <summary>Skips the test where there is no GPU.</summary>
    public KernelRun()
    {
        Library = Gpu.RequireContext().Kernels;
        Stream = CudaStream.Create(Library.Context);
        _guard = Stream.UseForTorch();
        _scope = NewDisposeScope();
        manual_seed(4);
    }

    public KernelLibrary Library { get; }

    public CudaStream Stream { get; }

    /// <summary>Float32 noise.</summary>
    public static Tensor Noise(params long[] shape) => randn(shape, device: CUDA);

    /// <summary>Random bytes.</summary>
    public static Tensor Bytes(params long[] shape) => randint(0, 256, shape, dtype: ScalarType.Byte, device: CUDA);

    /// <summary>A copy on the GPU.</summary>
    public static Tensor Upload(Tensor tensor) => tensor.cuda().clone();

    /// <summary>A tensor that holds NaN, or −77 where there is none: what a kernel does not write shows.</summary>
    public static Tensor Poisoned(ScalarType dtype, params long[] shape) =>
        full(shape, dtype is ScalarType.Float32 or ScalarType.BFloat16 ? double.NaN : -77, dtype, CUDA);

    public static Tensor Int32(params int[] values) => tensor(values, dtype: ScalarType.Int32, device: CUDA);

    /// <summary>Whether all elements are equal.</summary>
    public static bool Same(Tensor value, Tensor expected) =>
        value.shape.SequenceEqual(expected.shape) && value.eq(expected).all().item<bool>();

    public void Dispose()
    {
        Stream.Synchronize();
        _scope.Dispose();
        _guard.Dispose();
        Stream.Dispose();
    }
}
