using NemotronH.Kernels.Cuda;
using NemotronH.Kernels.Runtime;

namespace NemotronH.Kernels.Tests.Cuda;

/// <summary>What a machine without a GPU is told.</summary>
public sealed class WithoutGpuTests
{
    [Fact]
    public void A_context_cannot_be_had_without_a_driver()
    {
        SkipWithDriver();
        Assert.False(CudaContext.TryFor(0, out CudaContext? context, out string? reason));
        Assert.Null(context);
        Assert.Equal("There is no NVIDIA driver on this machine; run on the CPU with --device cpu.", reason);
        Assert.Equal(reason, Assert.Throws<NativeLibraryException>(() => CudaContext.For(0)).Message);
    }

    [Fact]
    public void An_error_without_a_driver_to_explain_it_still_names_call_purpose_and_number()
    {
        SkipWithDriver();
        var exception = Assert.Throws<CudaException>(() => CudaException.Check(700, "cuStreamSynchronize", "waiting for a stream"));
        Assert.Equal("CUDA failed while waiting for a stream: cuStreamSynchronize returned error 700.", exception.Message);
    }

    [Fact]
    public void Success_is_no_error() => CudaException.Check(0, "cuInit", "starting");

    [Fact]
    public void A_libtorch_for_the_CPU_refuses_streams()
    {
        Assert.SkipWhen(LibTorch.Loaded.HasCuda, "This libtorch has its CUDA half.");
        var exception = Assert.Throws<CudaException>(() => new TorchStreamGuard(0, 0));
        Assert.Equal(
            "This libtorch is for the CPU only and cannot use a stream; " +
            "set NEMOTRONH_LIBTORCH to torch/lib of an installed PyTorch with CUDA.",
            exception.Message);
        Assert.Equal(exception.Message, Assert.Throws<CudaException>(() => TorchStreamGuard.CurrentStream(0)).Message);
    }

    private static void SkipWithDriver() =>
        Assert.SkipUnless(NativeImports.Load(NativeImports.CudaDriver) == 0, "This machine has an NVIDIA driver.");
}
