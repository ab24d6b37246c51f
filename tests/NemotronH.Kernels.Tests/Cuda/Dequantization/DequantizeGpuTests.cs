using NemotronH.Kernels.Cuda;
using NemotronH.Kernels.Tests.Gpu;
using static TorchSharp.torch;

namespace NemotronH.Kernels.Tests.Cuda.Dequantization;

[Trait("Category", "Gpu")]
public sealed class DequantizeGpuTests
{
    [Theory]
    [InlineData(16, 1856, 2688, new[] { 0, 3, 15 }, 6)]
    [InlineData(5, 7, 48, new[] { 4 }, 5)]
    [InlineData(3, 333, 16, new[] { 0, 1, 2 }, 3)]
    [InlineData(3, 64, 64, new int[0], 2)]
    public void Active_experts_are_dequantised_to_the_reference_bits_and_nothing_else_is_written(
        int experts, int rows, int columns, int[] active, int places)
    {
        using KernelRun run = new();
        ActiveExpertDequantizer dequantizer = new(run.Library);
        (Tensor codes, Tensor scales, Tensor factors) = Nvfp4(experts, rows, columns);
        Tensor count = KernelRun.Int32(active.Length);
        Tensor list = KernelRun.Int32([.. active, .. Enumerable.Repeat(-1, places - active.Length)]);
        Tensor target = KernelRun.Poisoned(ScalarType.BFloat16, places, rows, columns);
        dequantizer.Nvfp4(run.Stream, codes, scales, factors, count, list, target);
        Check(target, DequantizeReference.Nvfp4(codes, scales, factors), active);

        Tensor fp8 = Finite(KernelRun.Bytes(experts, rows, columns));
        target.fill_(float.NaN);
        dequantizer.Fp8(run.Stream, fp8, factors, count, list, target);
        Check(target, DequantizeReference.Fp8(fp8, factors), active);
    }

    [Theory]
    [InlineData(10304, 2688)]
    [InlineData(33, 528)]
    [InlineData(1, 16)]
    public void A_matrix_is_dequantised_to_the_reference_bits(int rows, int columns)
    {
        using KernelRun run = new();
        MatrixDequantizer dequantizer = new(run.Library);
        (Tensor codes, Tensor scales, Tensor factors) = Nvfp4(1, rows, columns);
        Tensor target = KernelRun.Poisoned(ScalarType.BFloat16, rows, columns);
        dequantizer.Nvfp4(run.Stream, codes[0], scales[0], factors, target);
        Assert.True(KernelRun.Same(target, DequantizeReference.Nvfp4(codes[0], scales[0], factors)));

        Tensor fp8 = Finite(KernelRun.Bytes(rows, columns));
        target.fill_(float.NaN);
        dequantizer.Fp8(run.Stream, fp8, factors, target);
        Assert.True(KernelRun.Same(target, DequantizeReference.Fp8(fp8, factors)));
    }

    [Fact]
    public void Scales_that_do_not_fit_are_refused_by_name()
    {
        using KernelRun run = new();
        MatrixDequantizer dequantizer = new(run.Library);
        (Tensor codes, Tensor scales, Tensor factors) = Nvfp4(1, 8, 64);
        Tensor target = KernelRun.Poisoned(ScalarType.BFloat16, 8, 64);
        string message = Assert.Throws<ArgumentException>(
            () => dequantizer.Nvfp4(run.Stream, codes[0], scales[0].narrow(0, 0, 4), factors, target)).Message;
        Assert.StartsWith("scales is Byte [4, 4]", message);
    }

    private static void Check(Tensor target, Tensor bank, int[] active)
    {
        for (int place = 0; place < target.size(0); place++)
        {
            bool isUntouched = target[place].isnan().all().item<bool>();
            Assert.True(place < active.Length ? KernelRun.Same(target[place], bank[active[place]]) : isUntouched);
        }
    }

    private static (Tensor Codes, Tensor Scales, Tensor Factors) Nvfp4(int experts, int rows, int columns) => (
        KernelRun.Bytes(experts, rows, columns / 2),
        KernelRun.Bytes(experts, rows, columns / 16).clamp_(0, 0x7E),
        rand(experts, device: CUDA).mul_(0.01));

    /// <summary>Without the two codes of NaN, which equals nothing.</summary>
    private static Tensor Finite(Tensor codes) => codes.masked_fill_(codes.bitwise_and(tensor((byte)0x7F, device: CUDA)).eq(0x7F), 0);
}
