using NemotronH.Kernels.Cuda;
using NemotronH.Kernels.Cuda.Products;
using static TorchSharp.torch;

namespace NemotronH.Quantization;

/// <summary>Repacks NVFP4 weights into tiles, and dequantises such, on the stream that libtorch works on.</summary>
internal sealed class TileKernels
{
    private readonly CudaStream _stream;
    private readonly Nvfp4Repacker _repacker;
    private readonly Nvfp4TileDequantizer _dequantizer;

    /// <summary>Compiles the kernels.</summary>
    /// <param name="device">The GPU.</param>
    public TileKernels(Device device)
    {
        CudaContext context = CudaContext.For(Math.Max(0, device.index));
        _stream = CudaStream.Default(context);
        _repacker = new Nvfp4Repacker(context.Kernels);
        _dequantizer = new Nvfp4TileDequantizer(context.Kernels);
    }

    /// <summary>Repacks a weight.</summary>
    /// <param name="weight">NVFP4 as stored.</param>
    /// <returns>Codes and scales; the caller disposes.</returns>
    public (Tensor Codes, Tensor Scales) Repack(DeviceWeight weight) => _repacker.Launch(OnThisThread(), weight);

    /// <summary>Dequantises a weight.</summary>
    /// <param name="weight">NVFP4 in the order of tiles.</param>
    /// <param name="target">bfloat16; written.</param>
    public void Dequantize(DeviceWeight weight, Tensor target) => _dequantizer.Launch(OnThisThread(), weight, target);

    private CudaStream OnThisThread()
    {
        _stream.Context.MakeCurrent();
        return _stream;
    }
}
