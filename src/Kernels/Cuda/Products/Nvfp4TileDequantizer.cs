using static TorchSharp.torch;

namespace NemotronH.Kernels.Cuda.Products;

/// <summary>Brings NVFP4 weights in the order of tiles to bfloat16 (<c>dequantize_tiles.cu</c>), for products of a library.</summary>
/// <remarks>Values are bf16((code · scale) · weight_scale_2), rounded once in float32.</remarks>
public sealed class Nvfp4TileDequantizer
{
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
        Nvfp4TileOrder.Check(weight, WeightLayout.Nvfp4Tiles);
        TensorCheck.Expect(target, nameof(target), ScalarType.BFloat16, [.. weight.Codes.shape[..^1], weight.Columns]);
        Nvfp4TileOrder.Launch(
            _function,
            stream,
            weight,
            lanes => [weight.Codes, weight.Scales!, weight.GlobalScale!, target, lanes, weight.Rows, weight.Columns]);
    }
}
