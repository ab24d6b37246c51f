using NemotronH.Kernels.Cuda;
using NemotronH.Kernels.Tests.Gpu;

namespace NemotronH.Kernels.Tests.Cuda;

public sealed class TestKernelsTests
{
    [Theory]
    [InlineData("sm_80")]
    [InlineData("sm_90")]
    public void The_kernels_that_only_the_tests_have_compile(string architecture)
    {
        Compiler.Require();
        Assert.NotEmpty(NvrtcCompiler.Compile(TestKernels.Sources, TestKernels.Source, architecture));
    }
}
