using System.Runtime.InteropServices;
using NemotronH.Kernels.Runtime;

namespace NemotronH.Kernels.Tests.Runtime;

public sealed class LibTorchVersionTests
{
    [Theory]
    [InlineData(0x020A_0000_0000_0000UL, "2.10.0")]
    [InlineData(0x020B_0100_0000_0000UL, "2.11.1")]
    [InlineData(0x0300_0000_0000_0000UL, "3.0.0")]
    public void The_version_stands_in_the_three_highest_bytes(ulong abi, string expected) =>
        Assert.Equal(Version.Parse(expected), LibTorchVersion.FromAbi(abi));

    [Fact]
    public void The_loaded_libtorch_is_one_of_those_that_were_tried()
    {
        Assert.Matches("^2[.]1[01]$", LibTorch.Loaded.Version.ToString(2));
        Assert.Empty(LibTorch.Loaded.Warnings);
    }

    [Theory]
    [InlineData("2.9.1")]
    [InlineData("1.13.0")]
    public void An_older_version_is_refused(string version)
    {
        var exception = Assert.Throws<NativeLibraryException>(() => LibTorchVersion.Check(Version.Parse(version), "/x/libtorch_cpu.so"));
        Assert.Equal($"/x/libtorch_cpu.so is libtorch {version}; expected 2.10 or newer.", exception.Message);
    }

    [Fact]
    public void A_library_that_cannot_tell_its_version_is_refused_as_old()
    {
        nint handle = NativeLibrary.GetMainProgramHandle();
        var exception = Assert.Throws<NativeLibraryException>(() => LibTorchVersion.Read(handle, "/x/libtorch_cpu.so"));
        Assert.Equal("/x/libtorch_cpu.so is libtorch from before 2.10; expected 2.10 or newer.", exception.Message);
    }

    [Theory]
    [InlineData("2.10.0")]
    [InlineData("2.10.3")]
    [InlineData("2.11.0")]
    public void A_version_that_was_tried_gives_no_warning(string version) =>
        Assert.Null(LibTorchVersion.Check(Version.Parse(version), "/x/libtorch_cpu.so"));

    [Fact]
    public void A_newer_version_gives_a_warning() =>
        Assert.Equal(
            "libtorch 2.12.0 was not tried with this program; tried were 2.10, 2.11.",
            LibTorchVersion.Check(new Version(2, 12, 0), "/x/libtorch_cpu.so"));
}
