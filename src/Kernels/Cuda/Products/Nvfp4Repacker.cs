using static TorchSharp.torch;

namespace NemotronH.Kernels.Cuda.Products;

/// <summary>Brings NVFP4 weights into the order in which <see cref="Gemm"/> reads them (<c>repack.cu</c>), once, while loading.</summary>
public sealed class Nvfp4Repacker
{
    private readonly CudaFunction _function;

    /// <summary>Compiles the kernel.</summary>
    /// <param name="kernels">The GPU's kernels.</param>
    public Nvfp4Repacker(KernelLibrary kernels)
    {
        ArgumentNullException.ThrowIfNull(kernels);
        _function = kernels.Get(new KernelSource("repack.cu"), "repack");
    }

    /// <summary>Repacks a weight, or a bank of them.</summary>
    /// <param name="stream">Where to queue it.</param>
    /// <param name="weight">As stored; N a multiple of 16, K of 64.</param>
    /// <returns>Codes and scales in the order of tiles, of the shapes they had; the caller disposes of both.</returns>
    /// <exception cref="ArgumentException">The weight is not so.</exception>
    public (Tensor Codes, Tensor Scales) Launch(CudaStream stream, DeviceWeight weight)
    {
        Nvfp4TileOrder.Check(weight, WeightLayout.Nvfp4);
        Tensor codes = empty_like(weight.Codes), scales = empty_like(weight.Scales!);
        Nvfp4TileOrder.Launch(_function, stream, weight, lanes => [weight.Codes, weight.Scales!, codes, scales, lanes, weight.Columns]);
        return (codes, scales);
    }
}
