using NemotronH.Kernels.Runtime;

namespace NemotronH.Kernels.Tests.Runtime;

/// <summary>That a covered rival really stays away is shown in <see cref="LibTorchTests"/>, in a process of its own.</summary>
public sealed class RivalLibTorchTests : IDisposable
{
    private readonly TemporaryDirectory _directory = new();

    public void Dispose() => _directory.Dispose();

    [Fact]
    public void A_libtorch_that_was_loaded_too_early_is_named()
    {
        var elsewhere = new LibTorchSource(LibTorchOrigin.EnvironmentVariable, _directory.Root, [], ShimPath: "");

        var exception = Assert.Throws<NativeLibraryException>(() => RivalLibTorch.RefuseLoaded(elsewhere, NativeLibraryNames.Current));

        Assert.Equal(
            $"{LibTorch.Loaded.Find("torch_cpu")?.Path} was loaded before NEMOTRONH_LIBTORCH ({_directory.Root}) was looked at; " +
            "call LibTorch.EnsureLoaded before the first use of TorchSharp.",
            exception.Message);
    }

    [Fact]
    public void The_libtorch_in_use_is_no_rival_of_itself()
    {
        RivalLibTorch.RefuseLoaded(LibTorch.Loaded.Source, NativeLibraryNames.Current);
        RivalLibTorch.Cover(
            [new LoadedLibrary("torch_cpu", _directory.Touch("torch_cpu.dll"), Handle: 0)], NativeLibraryNames.Windows, [_directory.Root]);
    }

    [Fact]
    public void A_rival_is_refused_where_the_loader_cannot_be_told_to_leave_it()
    {
        string rival = _directory.Touch("program", "torch_cpu.dll");
        var loaded = new LoadedLibrary("torch_cpu", _directory.Touch("torch", "torch_cpu.dll"), Handle: 0);

        var exception = Assert.Throws<NativeLibraryException>(
            () => RivalLibTorch.Cover([loaded], NativeLibraryNames.Windows, [_directory.At("empty"), _directory.At("program")]));

        Assert.Equal(
            $"NEMOTRONH_LIBTORCH is set, but the program has a libtorch of its own, {rival}, and TorchSharp would load both; " +
            "build the program with -p:TorchBackend=none, or unset the variable.",
            exception.Message);
    }
}
