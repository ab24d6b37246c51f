using static TorchSharp.torch;

namespace NemotronH.Kernels.Cuda.Products;

/// <summary>Brings NVFP4 weights in the order of tiles to bfloat16 (<c>dequantize_tiles.cu</c>), for products of a library.</summary>
/// <remarks>Values are bf16((code · scale) · weight_scale_2), rounded once in float32.</remarks>
public sealed class Nvfp4TileDequantizer
{
    private const int Threads = 256;

    private readonly CudaFunction _function;

    /// <summary>Compiles the kernel.</summary>
    /// <param name="kernels">The GPU's kernels.</param>
    public Nvfp4TileDequantizer(KernelLibrary kernels)
    {
        ArgumentNullException.ThrowIfNull(kernels);
        _function = kernels.Get(new KernelSource("dequantize_tiles.cu"), "dequantize_tiles");
    }

    /// <summary>Dequantises a weight, or a bank of them.</summary>
    /// <param name="stream">Where to queue it.</param>
    /// <param name="weight">NVFP4 in the order of tiles.</param>
    /// <param name="target">bfloat16, contiguous, with a number for each code: [N, K] or [E, N, K]; written.</param>
    /// <exception cref="ArgumentException">The weight or the target is not so.</exception>
    public void Launch(CudaStream stream, DeviceWeight weight, Tensor target)
    {
        ArgumentNullException.ThrowIfNull(weight);
        if (weight.Layout != WeightLayout.Nvfp4Tiles)
        {
            throw new ArgumentException($"The weight is {weight.Layout}; expected {WeightLayout.Nvfp4Tiles}.", nameof(weight));
        }

        TensorCheck.Expect(target, nameof(target), ScalarType.BFloat16, [.. weight.Codes.shape[..^1], weight.Columns]);
        long lanes = (long)weight.Count * (weight.Rows / 16) * (weight.Columns / 64) * 32;
        _function.Launch(
            stream,
            LaunchGeometry.Blocks(lanes, Threads),
            Threads,
            0,
            programmatic: false,
            weight.Codes,
            weight.Scales!,
            weight.GlobalScale!,
            target,
            lanes,
            weight.Rows,
            weight.Columns);
    }
}
