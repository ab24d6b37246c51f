using NemotronH.Kernels.Runtime;

namespace NemotronH.Kernels.Tests.Runtime;

public sealed class NativeLoadTests
{
    [Fact]
    public void A_file_that_is_no_library_is_refused_in_one_line()
    {
        using var directory = new TemporaryDirectory();
        string path = directory.At("libtorch_cpu.so");
        File.WriteAllText(path, "This is not a library.");

        var exception = Assert.Throws<NativeLibraryException>(() => NativeLoad.Open(path));

        Assert.StartsWith($"{path} does not load: ", exception.Message, StringComparison.Ordinal);
        Assert.DoesNotContain('\n', exception.Message);
        Assert.DoesNotContain("LD_DEBUG", exception.Message, StringComparison.Ordinal);
    }
}
