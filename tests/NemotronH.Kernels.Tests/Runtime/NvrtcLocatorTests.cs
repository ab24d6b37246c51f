using NemotronH.Kernels.Runtime;

namespace NemotronH.Kernels.Tests.Runtime;

public sealed class NvrtcLocatorTests : IDisposable
{
    private readonly TemporaryDirectory _directory = new();

    public void Dispose() => _directory.Dispose();

    [Fact]
    public void The_one_of_libtorch_comes_before_the_ones_of_other_packages_and_of_the_system()
    {
        string bundled = _directory.Touch("torch", "lib", "libnvrtc-b51b459d.so.12");
        _directory.Touch("torch", "lib", "libnvrtc-builtins.so.12.8");
        string cuda12 = _directory.Touch("nvidia", "cuda_nvrtc", "lib", "libnvrtc.so.12");
        string cuda13 = _directory.Touch("nvidia", "cu13", "lib", "libnvrtc.so.13");
        _directory.Touch("nvidia", "cublas", "lib", "libcublas.so.12");
        _directory.Touch("nvidia", "cudnn", "include", "cudnn.h");

        Assert.Equal(
            [bundled, cuda13, cuda12, "libnvrtc.so.13", "libnvrtc.so.12"],
            NvrtcLocator.Candidates(NativeLibraryNames.Linux, _directory.At("torch", "lib")));
    }

    [Fact]
    public void Windows_packages_keep_it_in_bin()
    {
        _directory.Touch("torch", "lib", "torch_cpu.dll");
        string compiler = _directory.Touch("nvidia", "cuda_nvrtc", "bin", "nvrtc64_120_0.dll");

        Assert.Equal(
            [compiler, "nvrtc64_130_0.dll", "nvrtc64_120_0.dll"],
            NvrtcLocator.Candidates(NativeLibraryNames.Windows, _directory.At("torch", "lib")));
    }

    [Fact]
    public void Without_libtorch_only_the_system_is_asked() =>
        Assert.Equal(NativeLibraryNames.Linux.Nvrtc, NvrtcLocator.Candidates(NativeLibraryNames.Linux, libTorchDirectory: null));

    [Fact]
    public void Files_that_do_not_load_are_passed_over()
    {
        _directory.Touch("torch", "lib", "libnemotronh-nvrtc.so.12");
        var names = new NativeLibraryNames
        {
            OperatingSystem = "linux",
            Prefix = "lib",
            Suffix = ".so",
            OpenMpPatterns = [],
            CudaDriver = null,
            Nvrtc = ["libnemotronh-no-such-compiler.so"],
            NvrtcPrefix = "libnemotronh-nvrtc",
            NvidiaPackageDirectory = "lib",
        };

        Assert.Null(NvrtcLocator.Load(names, _directory.At("torch", "lib")));
    }

    [Fact]
    public void The_file_that_the_variable_names_is_taken_before_any_other()
    {
        string? any = LibTorch.Loaded.Find(NativeLibraryNames.C10)?.Path;
        LoadedLibrary? loaded = NvrtcLocator.Load(NativeLibraryNames.Current, _directory.Root, variable: any);
        Assert.Equal(any, loaded?.Path);
    }

    [Fact]
    public void A_file_that_the_variable_names_and_that_does_not_load_is_an_error()
    {
        string file = _directory.Touch("libnvrtc.so.12");
        var exception = Assert.Throws<NativeLibraryException>(
            () => NvrtcLocator.Load(NativeLibraryNames.Current, libTorchDirectory: null, variable: file));
        Assert.StartsWith($"{file} does not load: ", exception.Message);
    }
}
