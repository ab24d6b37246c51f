using NemotronH.Kernels.Runtime;
using NemotronH.Kernels.Runtime.Diagnostics;
using static TorchSharp.torch;

namespace NemotronH.Kernels.Tests.Runtime.Diagnostics;

public sealed class DoctorTests
{
    [Fact]
    public void A_machine_that_runs_these_tests_works_on_the_CPU()
    {
        long before = Tensor.TotalCount;
        LibTorchReport report = LibTorch.Describe();

        Assert.True(report.WorksOnCpu);
        Assert.Equal(LibTorch.Loaded.Version, report.Version);
        Assert.Equal(LibTorch.Loaded.Source.Origin, report.Origin);
        RuntimeFinding cpu = Assert.Single(report.Findings, finding => finding.Component == "torch_cpu");
        Assert.True(cpu is { Found: true, Works: true } && File.Exists(cpu.Detail), cpu.Detail);
        Assert.Equal(before, Tensor.TotalCount);
    }

    [Fact]
    public void Every_part_is_reported_whether_it_is_there_or_not()
    {
        LibTorchReport report = LibTorch.Describe();

        string[] parts =
            ["libtorch", "c10", "torch_cpu", "torch", "LibTorchSharp", "NVIDIA driver", "NVRTC", "self-test on cpu", "libtorch CUDA"];
        Assert.All(parts, part => Assert.Contains(report.Findings, finding => finding.Component == part));
        Assert.All(report.Findings, finding => Assert.DoesNotContain('\n', finding.Detail));
        Assert.All(report.Findings, finding => Assert.True(finding.Found || !finding.Works));
    }

    [Fact]
    public void A_machine_without_a_driver_is_told_that_models_run_on_the_CPU()
    {
        Assert.SkipUnless(NativeImports.Load(NativeImports.CudaDriver) == 0, "This machine has an NVIDIA driver.");
        LibTorchReport report = LibTorch.Describe();

        Assert.Contains(
            new RuntimeFinding("NVIDIA driver", Found: false, Works: false, "none is installed; models run on the CPU"), report.Findings);
        Assert.False(report.WorksOnCuda);
    }

    [Fact]
    public void A_failure_becomes_a_finding_of_one_line_behind_those_before_it()
    {
        static IEnumerable<RuntimeFinding> Fail()
        {
            yield return new RuntimeFinding("part", Found: true, Works: true, "half");
            throw new InvalidOperationException("first line\nsecond line\n");
        }

        Assert.Equal(
            [
                new RuntimeFinding("part", Found: true, Works: true, "half"),
                new RuntimeFinding("part", Found: true, Works: false, "first line second line"),
            ],
            Doctor.Try("part", Fail));
    }

    [Fact]
    public void A_library_that_is_not_there_is_not_found() =>
        Assert.Equal(
            [new RuntimeFinding("libtorch", Found: false, Works: false, "none")],
            Doctor.Try("libtorch", () => throw new NativeLibraryException("none")));

    [Fact]
    public void A_report_works_where_its_self_test_does()
    {
        LibTorchReport Report(bool works) => new(null, null, [new RuntimeFinding("self-test on cuda", Found: true, works, "")], []);

        Assert.True(Report(works: true).WorksOnCuda);
        Assert.False(Report(works: false).WorksOnCuda);
        Assert.False(Report(works: true).WorksOnCpu);
    }
}
