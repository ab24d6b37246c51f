using static TorchSharp.torch;

namespace NemotronH.Kernels.Cuda;

/// <summary>
/// Dequantises the experts that a step chose, and no others, into consecutive bf16 matrices: the i-th is that of the i-th active expert.
/// The launch is the same whatever was chosen.
/// </summary>
/// <remarks>Values are rounded once from float32, the bits that the CPU gives: bf16((code · scale) · weight_scale_2).</remarks>
public sealed class ActiveExpertDequantizer
{
    private readonly int _multiprocessors;
    private readonly CudaFunction _nvfp4;
    private readonly CudaFunction _fp8;

    /// <summary>Compiles the kernels.</summary>
    /// <param name="library">The GPU's kernels.</param>
    public ActiveExpertDequantizer(KernelLibrary library)
    {
        ArgumentNullException.ThrowIfNull(library);
        KernelSource source = new("dequantize.cu", ("BANK", "1"));
        _multiprocessors = library.Context.MultiprocessorCount;
        _nvfp4 = library.Get(source, "dequantize_nvfp4");
        _fp8 = library.Get(source, "dequantize_fp8");
    }

    /// <summary>Queues the launch for NVFP4.</summary>
    /// <param name="stream">The stream.</param>
    /// <param name="codes">[E, N, K/2] bytes, two E2M1 codes each; the low nibble is the even column.</param>
    /// <param name="scales">[E, N, K/16] bytes, E4M3 codes in row order.</param>
    /// <param name="weightScale2">[E] float32.</param>
    /// <param name="activeCount">[1] int32.</param>
    /// <param name="activeExperts">[A] int32, of which the first <paramref name="activeCount"/> are read.</param>
    /// <param name="target">[A, N, K] bfloat16; the first <paramref name="activeCount"/> matrices are written.</param>
    /// <param name="programmatic">Whether the kernel may begin while the one before it still runs.</param>
    /// <exception cref="ArgumentException">A tensor is not so; the message names it.</exception>
    public void Nvfp4(
        CudaStream stream,
        Tensor codes,
        Tensor scales,
        Tensor weightScale2,
        Tensor activeCount,
        Tensor activeExperts,
        Tensor target,
        bool programmatic = false)
    {
        (long experts, uint groups) = Check(codes, perByte: 2, activeCount, activeExperts, target);
        TensorCheck.Expect(scales, nameof(scales), ScalarType.Byte, experts, target.size(1), target.size(2) / 16);
        TensorCheck.Expect(weightScale2, nameof(weightScale2), ScalarType.Float32, experts);
        _nvfp4.Launch(
            stream, DequantizeGeometry.Grid(target.size(0), groups, _multiprocessors), DequantizeGeometry.Threads, 0, programmatic,
            codes, scales, weightScale2, activeCount, activeExperts, groups, target);
    }

    /// <summary>Queues the launch for FP8.</summary>
    /// <param name="stream">The stream.</param>
    /// <param name="codes">[E, N, K] bytes, E4M3 codes.</param>
    /// <param name="scale">[E] float32.</param>
    /// <param name="activeCount">[1] int32.</param>
    /// <param name="activeExperts">[A] int32, of which the first <paramref name="activeCount"/> are read.</param>
    /// <param name="target">[A, N, K] bfloat16; the first <paramref name="activeCount"/> matrices are written.</param>
    /// <param name="programmatic">Whether the kernel may begin while the one before it still runs.</param>
    /// <exception cref="ArgumentException">A tensor is not so; the message names it.</exception>
    public void Fp8(
        CudaStream stream,
        Tensor codes,
        Tensor scale,
        Tensor activeCount,
        Tensor activeExperts,
        Tensor target,
        bool programmatic = false)
    {
        (long experts, uint groups) = Check(codes, perByte: 1, activeCount, activeExperts, target);
        TensorCheck.Expect(scale, nameof(scale), ScalarType.Float32, experts);
        _fp8.Launch(
            stream, DequantizeGeometry.Grid(target.size(0), groups, _multiprocessors), DequantizeGeometry.Threads, 0, programmatic,
            codes, scale, activeCount, activeExperts, groups, target);
    }

    private static (long Experts, uint Groups) Check(Tensor codes, int perByte, Tensor activeCount, Tensor activeExperts, Tensor target)
    {
        TensorCheck.Expect(target, nameof(target), ScalarType.BFloat16, -1, -1, -1);
        DequantizeGeometry.Validate(target, nameof(target));
        TensorCheck.Expect(codes, nameof(codes), ScalarType.Byte, -1, target.size(1), target.size(2) / perByte);
        TensorCheck.Expect(activeCount, nameof(activeCount), ScalarType.Int32, 1);
        TensorCheck.Expect(activeExperts, nameof(activeExperts), ScalarType.Int32, target.size(0));
        TensorCheck.Aligned(codes, nameof(codes), 8);
        TensorCheck.Aligned(target, nameof(target), 16);
        return (codes.size(0), DequantizeGeometry.Groups(target.size(1), target.size(2)));
    }
}
