using NemotronH.Kernels.Cuda;
using NemotronH.Kernels.Cuda.Products;
using static TorchSharp.torch;

namespace NemotronH.Quantization;

/// <summary>Repacks NVFP4 weights into tiles, and dequantises such, on the stream that libtorch works on.</summary>
internal sealed class TileKernels
{
    private readonly Dictionary<(GemmOperand Shape, int ItemRows), GroupedGemm> _grouped = [];
    private readonly KernelLibrary _kernels;
    private readonly CudaStream _stream;
    private readonly Nvfp4Repacker _repacker;
    private readonly Nvfp4TileDequantizer _dequantizer;

    /// <summary>Compiles the kernels.</summary>
    /// <param name="device">The GPU.</param>
    public TileKernels(Device device)
    {
        CudaContext context = CudaContext.For(Math.Max(0, device.index));
        _kernels = context.Kernels;
        _stream = CudaStream.Default(context);
        _repacker = new Nvfp4Repacker(_kernels);
        _dequantizer = new Nvfp4TileDequantizer(_kernels);
    }

    /// <summary>Repacks a weight.</summary>
    /// <param name="weight">NVFP4 as stored.</param>
    /// <returns>Codes and scales; the caller disposes.</returns>
    public (Tensor Codes, Tensor Scales) Repack(DeviceWeight weight) => _repacker.Launch(OnThisThread(), weight);

    /// <summary>Dequantises a weight.</summary>
    /// <param name="weight">NVFP4 in the order of tiles.</param>
    /// <param name="target">bfloat16; written.</param>
    public void Dequantize(DeviceWeight weight, Tensor target) => _dequantizer.Launch(OnThisThread(), weight, target);

    /// <summary>Multiplies rows that are grouped by expert by a bank as it lies.</summary>
    /// <param name="bank">[E, N, K], NVFP4 in the order of tiles.</param>
    /// <param name="input">[rows, K] bfloat16.</param>
    /// <param name="ends">[E] int32: where each expert's rows end.</param>
    /// <returns>[rows, N] bfloat16; <see langword="null"/> where the kernel is not written for the shape.</returns>
    public Tensor? MultiplyGrouped(DeviceWeight bank, Tensor input, Tensor ends)
    {
        GemmOperand shape = GemmOperand.Of(bank);
        if (!GroupedGemm.Fits(shape))
        {
            return null;
        }

        using var scope = NewDisposeScope();
        GroupedGemm product = Product(shape, GroupedGemm.ItemRowsFor(input.size(0), bank.Count));
        GroupedWork work = GroupedWork.Of(ends, input.size(0), product.ItemRows);
        Tensor output = empty([input.size(0), bank.Rows], ScalarType.BFloat16, input.device);
        product.Launch(OnThisThread(), bank, work, input, output);
        return output.MoveToOuterDisposeScope();
    }

    private GroupedGemm Product(GemmOperand shape, int itemRows)
    {
        if (!_grouped.TryGetValue((shape, itemRows), out GroupedGemm? product))
        {
            product = new GroupedGemm(_kernels, shape, GemmEpilogue.StoreBFloat16, itemRows);
            _grouped.Add((shape, itemRows), product);
        }

        return product;
    }

    private CudaStream OnThisThread()
    {
        _stream.Context.MakeCurrent();
        return _stream;
    }
}
