using System.Runtime.InteropServices;
using NemotronH.Kernels.Runtime;

namespace NemotronH.Kernels.Tests.Runtime;

public sealed class NativeLibraryNamesTests
{
    [Fact]
    public void Libraries_are_named_as_each_operating_system_names_them()
    {
        Assert.Equal("libtorch_cpu.so", NativeLibraryNames.Linux.FileName("torch_cpu"));
        Assert.Equal("torch_cpu.dll", NativeLibraryNames.Windows.FileName("torch_cpu"));
        Assert.Equal("libtorch_cpu.dylib", NativeLibraryNames.MacOS.FileName("torch_cpu"));
        Assert.Equal("libLibTorchSharp.so", NativeLibraryNames.Linux.FileName("LibTorchSharp"));
        Assert.Equal("LibTorchSharp.dll", NativeLibraryNames.Windows.FileName("LibTorchSharp"));
    }

    [Fact]
    public void Packages_keep_their_files_under_the_runtime_identifier()
    {
        Assert.Equal(Path.Combine("runtimes", "linux-x64", "native"), NativeLibraryNames.Linux.PackageDirectory(Architecture.X64));
        Assert.Equal(Path.Combine("runtimes", "win-x64", "native"), NativeLibraryNames.Windows.PackageDirectory(Architecture.X64));
        Assert.Equal(Path.Combine("runtimes", "osx-arm64", "native"), NativeLibraryNames.MacOS.PackageDirectory(Architecture.Arm64));
    }

    [Fact]
    public void Every_library_is_loaded_after_those_that_it_needs()
    {
        Assert.Equal(["c10", "torch_cpu", "c10_cuda", "torch_cuda", "torch"], NativeLibraryNames.LoadOrder);
    }

    [Theory]
    [InlineData("libnvrtc.so.12", true)]
    [InlineData("libnvrtc.so.13", true)]
    [InlineData("libnvrtc-b51b459d.so.12", true)]
    [InlineData("libnvrtc-builtins.so.12.8", false)]
    [InlineData("libnvrtc.alt.so.13", false)]
    [InlineData("libcaffe2_nvrtc.so", false)]
    [InlineData("libnvrtc.txt", false)]
    public void The_compiler_is_told_from_its_companions_on_Linux(string file, bool expected) =>
        Assert.Equal(expected, NativeLibraryNames.Linux.IsNvrtc(file));

    [Theory]
    [InlineData("nvrtc64_120_0.dll", true)]
    [InlineData("nvrtc64_130_0.dll", true)]
    [InlineData("nvrtc64_120_0.alt.dll", false)]
    [InlineData("nvrtc-builtins64_128.dll", false)]
    [InlineData("caffe2_nvrtc.dll", false)]
    public void The_compiler_is_told_from_its_companions_on_Windows(string file, bool expected) =>
        Assert.Equal(expected, NativeLibraryNames.Windows.IsNvrtc(file));

    [Fact]
    public void The_compilers_device_library_is_told_from_the_compiler()
    {
        Assert.True(NativeLibraryNames.Linux.IsNvrtcBuiltins("libnvrtc-builtins.so.12.8"));
        Assert.True(NativeLibraryNames.Windows.IsNvrtcBuiltins("nvrtc-builtins64_128.dll"));
        Assert.False(NativeLibraryNames.Linux.IsNvrtcBuiltins("libnvrtc.so.12"));
        Assert.False(NativeLibraryNames.Linux.IsNvrtcBuiltins("libnvrtc-builtins.alt.so.13.0"));
        Assert.False(NativeLibraryNames.Windows.IsNvrtcBuiltins("nvrtc64_120_0.dll"));
    }
}
