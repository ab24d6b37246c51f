using NemotronH.Kernels.Cuda;

namespace NemotronH.Kernels.Tests.Cuda;

public sealed class KernelSourceTests
{
    [Fact]
    public void Two_are_equal_where_file_and_macros_are()
    {
        var source = new KernelSource("a.cu", ("N", "4"), ("DTYPE", "bf16"));

        Assert.Equal(new KernelSource("a.cu", ("N", "4"), ("DTYPE", "bf16")), source);
        Assert.Equal(new KernelSource("a.cu", ("N", "4"), ("DTYPE", "bf16")).GetHashCode(), source.GetHashCode());
        Assert.NotEqual(new KernelSource("b.cu", ("N", "4"), ("DTYPE", "bf16")), source);
        Assert.NotEqual(new KernelSource("a.cu", ("N", "5"), ("DTYPE", "bf16")), source);
        Assert.NotEqual(new KernelSource("a.cu", ("N", "4")), source);
    }

    [Fact]
    public void It_reads_like_a_command_line() =>
        Assert.Equal("a.cu --define-macro=N=4 --define-macro=M=2", new KernelSource("a.cu", ("N", "4"), ("M", "2")).ToString());
}
