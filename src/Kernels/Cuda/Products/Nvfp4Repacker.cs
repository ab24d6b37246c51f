using static TorchSharp.torch;

namespace NemotronH.Kernels.Cuda.Products;

/// <summary>Brings NVFP4 weights into the order in which <see cref="Gemm"/> reads them (<c>repack.cu</c>), once, while loading.</summary>
public sealed class Nvfp4Repacker
{
    private const int Threads = 256;

    private readonly CudaFunction _function;

    /// <summary>Compiles the kernel.</summary>
    /// <param name="kernels">The GPU's kernels.</param>
    public Nvfp4Repacker(KernelLibrary kernels)
    {
        ArgumentNullException.ThrowIfNull(kernels);
        _function = kernels.Get(new KernelSource("repack.cu"), "repack");
    }

    /// <summary>Whether a weight's size can be cut into tiles.</summary>
    /// <param name="rows">Rows N.</param>
    /// <param name="columns">Columns K.</param>
    public static bool Fits(int rows, int columns) => rows % 16 == 0 && columns % 64 == 0;

    /// <summary>Repacks a weight, or a bank of them.</summary>
    /// <param name="stream">Where to queue it.</param>
    /// <param name="weight">As stored; N a multiple of 16, K of 64.</param>
    /// <returns>Codes and scales in the order of tiles, of the shapes they had; the caller disposes of both.</returns>
    /// <exception cref="ArgumentException">The weight is not so.</exception>
    public (Tensor Codes, Tensor Scales) Launch(CudaStream stream, DeviceWeight weight)
    {
        ArgumentNullException.ThrowIfNull(weight);
        if (weight.Layout != WeightLayout.Nvfp4 || !Fits(weight.Rows, weight.Columns))
        {
            throw new ArgumentException(
                $"The weight is {weight.Layout} [{weight.Rows}, {weight.Columns}]; expected Nvfp4 with multiples of 16 and 64.", nameof(weight));
        }

        Tensor codes = empty_like(weight.Codes), scales = empty_like(weight.Scales!);
        long lanes = (long)weight.Count * (weight.Rows / 16) * (weight.Columns / 64) * 32;
        _function.Launch(
            stream,
            LaunchGeometry.Blocks(lanes, Threads),
            Threads,
            0,
            programmatic: false,
            weight.Codes,
            weight.Scales!,
            codes,
            scales,
            lanes,
            weight.Columns);
        return (codes, scales);
    }
}
