using static TorchSharp.torch;

namespace NemotronH.Kernels.Cuda;

/// <summary>Dequantises one matrix to bf16; the values are those of <see cref="ActiveExpertDequantizer"/>.</summary>
public sealed class MatrixDequantizer
{
    private readonly int _multiprocessors;
    private readonly CudaFunction _nvfp4;
    private readonly CudaFunction _fp8;

    /// <summary>Compiles the kernels.</summary>
    /// <param name="library">The GPU's kernels.</param>
    public MatrixDequantizer(KernelLibrary library)
    {
        ArgumentNullException.ThrowIfNull(library);
        KernelSource source = new("dequantize.cu", ("BANK", "0"));
        _multiprocessors = library.Context.MultiprocessorCount;
        _nvfp4 = library.Get(source, "dequantize_nvfp4");
        _fp8 = library.Get(source, "dequantize_fp8");
    }

    /// <summary>Queues the launch for NVFP4.</summary>
    /// <param name="stream">The stream.</param>
    /// <param name="codes">[N, K/2] bytes, two E2M1 codes each; the low nibble is the even column.</param>
    /// <param name="scales">[N, K/16] bytes, E4M3 codes in row order.</param>
    /// <param name="weightScale2">[1] float32.</param>
    /// <param name="target">[N, K] bfloat16, written.</param>
    /// <param name="programmatic">Whether the kernel may begin while the one before it still runs.</param>
    /// <exception cref="ArgumentException">A tensor is not so; the message names it.</exception>
    public void Nvfp4(CudaStream stream, Tensor codes, Tensor scales, Tensor weightScale2, Tensor target, bool programmatic = false)
    {
        uint groups = Check(codes, perByte: 2, target);
        TensorCheck.Expect(scales, nameof(scales), ScalarType.Byte, target.size(0), target.size(1) / 16);
        TensorCheck.Expect(weightScale2, nameof(weightScale2), ScalarType.Float32, 1);
        _nvfp4.Launch(
            stream, DequantizeGeometry.Grid(1, groups, _multiprocessors), DequantizeGeometry.Threads, 0, programmatic,
            codes, scales, weightScale2, KernelArgument.Null, KernelArgument.Null, groups, target);
    }

    /// <summary>Queues the launch for FP8.</summary>
    /// <param name="stream">The stream.</param>
    /// <param name="codes">[N, K] bytes, E4M3 codes.</param>
    /// <param name="scale">[1] float32.</param>
    /// <param name="target">[N, K] bfloat16, written.</param>
    /// <param name="programmatic">Whether the kernel may begin while the one before it still runs.</param>
    /// <exception cref="ArgumentException">A tensor is not so; the message names it.</exception>
    public void Fp8(CudaStream stream, Tensor codes, Tensor scale, Tensor target, bool programmatic = false)
    {
        uint groups = Check(codes, perByte: 1, target);
        TensorCheck.Expect(scale, nameof(scale), ScalarType.Float32, 1);
        _fp8.Launch(
            stream, DequantizeGeometry.Grid(1, groups, _multiprocessors), DequantizeGeometry.Threads, 0, programmatic,
            codes, scale, KernelArgument.Null, KernelArgument.Null, groups, target);
    }

    private static uint Check(Tensor codes, int perByte, Tensor target)
    {
        TensorCheck.Expect(target, nameof(target), ScalarType.BFloat16, -1, -1);
        DequantizeGeometry.Validate(target, nameof(target));
        TensorCheck.Expect(codes, nameof(codes), ScalarType.Byte, target.size(0), target.size(1) / perByte);
        TensorCheck.Aligned(codes, nameof(codes), 8);
        TensorCheck.Aligned(target, nameof(target), 16);
        return DequantizeGeometry.Groups(target.size(0), target.size(1));
    }
}
