using NemotronH.Kernels.Cuda;
using NemotronH.Kernels.Runtime;

namespace NemotronH.Kernels.Tests.Cuda;

public sealed class CudaRequirementsTests
{
    private static readonly NvrtcDescription Compiler = new("/opt/libnvrtc.so.13", new Version(13, 0), [75, 80, 86, 89, 90, 100, 120]);

    [Theory]
    [InlineData(8, 0)]
    [InlineData(8, 9)]
    [InlineData(9, 0)]
    public void What_fits_is_taken_without_a_word(int major, int minor) =>
        Assert.Empty(CudaRequirements.Check(0, "NVIDIA H200", new Version(major, minor), new Version(13, 0), Compiler));

    [Fact]
    public void A_driver_of_a_newer_major_version_than_the_compiler_fits() =>
        Assert.Empty(CudaRequirements.Check(
            0, "NVIDIA A100", new Version(8, 0), new Version(13, 1), new NvrtcDescription("nvrtc", new Version(12, 8), [80])));

    [Theory]
    [InlineData(10, 0)]
    [InlineData(12, 0)]
    public void A_GPU_that_was_not_tried_is_taken_with_a_warning(int major, int minor)
    {
        var capability = new Version(major, minor);
        string warning = Assert.Single(CudaRequirements.Check(1, "NVIDIA B200", capability, new Version(13, 0), Compiler));
        Assert.Equal(
            $"GPU 1 (NVIDIA B200) has compute capability {capability}: untried, as the kernels were written and measured on 9.0.", warning);
    }

    [Fact]
    public void A_GPU_before_8_0_is_refused()
    {
        var refusal = Assert.Throws<CudaException>(
            () => CudaRequirements.Check(0, "Tesla T4", new Version(7, 5), new Version(13, 0), Compiler));
        Assert.Equal(
            "GPU 0 (Tesla T4) has compute capability 7.5; expected 8.0 or newer. " +
            "Choose another with --device cuda:N, or run on the CPU with --device cpu.",
            refusal.Message);
    }

    [Fact]
    public void A_driver_older_than_the_code_is_refused()
    {
        var refusal = Assert.Throws<CudaException>(
            () => CudaRequirements.Check(0, "NVIDIA H200", new Version(9, 0), new Version(12, 8), Compiler));
        Assert.Equal(
            "The NVIDIA driver serves CUDA up to 12.8, but NVRTC 13.0 (/opt/libnvrtc.so.13) makes code for CUDA 13; " +
            "update the driver, or use a PyTorch for CUDA 12.",
            refusal.Message);
    }

    [Fact]
    public void A_machine_without_the_compiler_is_refused()
    {
        var refusal = Assert.Throws<NativeLibraryException>(
            () => CudaRequirements.Check(0, "NVIDIA H200", new Version(9, 0), new Version(12, 8), compiler: null));
        Assert.Equal(
            "NVRTC, CUDA's run-time compiler, was not found; PyTorch's CUDA packages bring it, or NEMOTRONH_NVRTC names its file.",
            refusal.Message);
    }

    [Fact]
    public void A_compiler_that_is_too_old_is_refused()
    {
        var compiler = new NvrtcDescription("/opt/libnvrtc.so.11.2", new Version(11, 8), [80, 90]);
        var refusal = Assert.Throws<CudaException>(
            () => CudaRequirements.Check(0, "NVIDIA H200", new Version(9, 0), new Version(13, 0), compiler));
        Assert.Equal(
            "NVRTC 11.8 (/opt/libnvrtc.so.11.2) is too old; expected 12.0 or newer, as PyTorch's CUDA packages bring it.", refusal.Message);
    }

    [Fact]
    public void A_GPU_newer_than_the_compiler_is_refused()
    {
        var refusal = Assert.Throws<CudaException>(
            () => CudaRequirements.Check(0, "NVIDIA X", new Version(13, 0), new Version(13, 0), Compiler));
        Assert.Equal(
            "GPU 0 (NVIDIA X) has compute capability 13.0, which NVRTC 13.0 (/opt/libnvrtc.so.13) does not know; use a newer PyTorch.",
            refusal.Message);
    }

    [Theory]
    [InlineData(0, 0, "this process sees none")]
    [InlineData(1, 1, "the only one is cuda:0")]
    [InlineData(-1, 1, "the only one is cuda:0")]
    [InlineData(9, 8, "there are cuda:0 to cuda:7")]
    public void A_GPU_that_is_not_there_is_refused(int index, int count, string present)
    {
        var refusal = Assert.Throws<CudaException>(() => CudaRequirements.CheckIndex(index, count));
        Assert.Equal($"There is no GPU {index}: {present}. CUDA_VISIBLE_DEVICES may hide some.", refusal.Message);
    }

    [Theory]
    [InlineData(8, 0, "sm_80")]
    [InlineData(8, 9, "sm_89")]
    [InlineData(9, 0, "sm_90a")]
    [InlineData(10, 3, "sm_103")]
    [InlineData(12, 0, "sm_120")]
    public void Kernels_are_compiled_for_the_GPU_itself(int major, int minor, string expected) =>
        Assert.Equal(expected, CudaRequirements.Architecture(new Version(major, minor)));

    [Theory]
    [InlineData(12080, "12.8")]
    [InlineData(13000, "13.0")]
    [InlineData(11040, "11.4")]
    public void The_drivers_version_numbers_are_understood(int encoded, string expected) =>
        Assert.Equal(expected, CudaRequirements.VersionOf(encoded).ToString());
}
