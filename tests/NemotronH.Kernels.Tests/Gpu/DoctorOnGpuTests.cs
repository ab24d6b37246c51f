using NemotronH.Kernels.Runtime;

namespace NemotronH.Kernels.Tests.Gpu;

[Trait("Category", "Gpu")]
public sealed class DoctorOnGpuTests
{
    [Fact]
    public void A_GPU_that_runs_these_tests_is_reported_with_a_kernel_that_ran()
    {
        string name = Gpu.RequireContext().Name;
        LibTorchReport report = LibTorch.Describe();

        Assert.True(report.WorksOnCuda);
        Assert.StartsWith($"{name}, compute capability ", Working(report, "GPU 0").Detail);
        Assert.StartsWith("for CUDA up to ", Working(report, "NVIDIA driver").Detail);
        Assert.Matches("^[0-9.]+, .*nvrtc", Working(report, "NVRTC").Detail);
        Assert.Matches(
            "^axpy, compiled for sm_[0-9]+a?, is right; [0-9.]+ GiB of GPU memory are free$", Working(report, "kernels on cuda:0").Detail);
    }

    private static RuntimeFinding Working(LibTorchReport report, string component)
    {
        RuntimeFinding finding = Assert.Single(report.Findings, finding => finding.Component == component);
        Assert.True(finding.Works, finding.Detail);
        return finding;
    }
}
