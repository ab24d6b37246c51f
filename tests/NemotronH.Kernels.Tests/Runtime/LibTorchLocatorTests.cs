using NemotronH.Kernels.Runtime;

namespace NemotronH.Kernels.Tests.Runtime;

public sealed class LibTorchLocatorTests : IDisposable
{
    private static readonly string[] CpuFiles = ["libc10.so", "libtorch.so", "libtorch_cpu.so"];
    private static readonly string[] CudaFiles = [.. CpuFiles, "libc10_cuda.so", "libtorch_cuda.so"];

    private readonly TemporaryDirectory _directory = new();

    public void Dispose() => _directory.Dispose();

    [Fact]
    public void The_first_program_directory_that_is_complete_provides_the_package()
    {
        _directory.Touch("program", "libtorch_cpu.so");
        Touch("native", [.. CpuFiles, "libLibTorchSharp.so"]);

        LibTorchSource source = Locator("program", "native").Locate(variable: null);

        Assert.Equal(LibTorchOrigin.Package, source.Origin);
        Assert.Equal(_directory.At("native"), source.Directory);
        Assert.Equal(["c10", "torch_cpu", "torch"], source.Libraries.Select(library => library.Key));
        Assert.Equal(_directory.At("native", "libtorch_cpu.so"), source.Libraries[1].Value);
        Assert.Equal(_directory.At("native", "libLibTorchSharp.so"), source.ShimPath);
    }

    [Theory]
    [InlineData(null)]
    [InlineData("")]
    [InlineData("  ")]
    public void An_empty_variable_counts_as_none(string? variable)
    {
        Touch("native", [.. CpuFiles, "libLibTorchSharp.so"]);

        Assert.Equal(LibTorchOrigin.Package, Locator("native").Locate(variable).Origin);
    }

    [Fact]
    public void The_variable_goes_before_the_package_and_leaves_the_shim_to_it()
    {
        Touch("native", [.. CpuFiles, "libLibTorchSharp.so"]);
        Touch("torch", CudaFiles);

        LibTorchSource source = Locator("native").Locate(_directory.At("torch") + Path.DirectorySeparatorChar);

        Assert.Equal(LibTorchOrigin.EnvironmentVariable, source.Origin);
        Assert.Equal(_directory.At("torch"), source.Directory);
        Assert.Equal(["c10", "torch_cpu", "c10_cuda", "torch_cuda", "torch"], source.Libraries.Select(library => library.Key));
        Assert.All(source.Libraries, library => Assert.StartsWith(_directory.At("torch"), library.Value, StringComparison.Ordinal));
        Assert.Equal(_directory.At("native", "libLibTorchSharp.so"), source.ShimPath);
    }

    [Fact]
    public void Windows_names_are_looked_for_on_Windows()
    {
        Touch("native", ["c10.dll", "torch_cpu.dll", "torch.dll", "LibTorchSharp.dll"]);

        LibTorchSource source = new LibTorchLocator(NativeLibraryNames.Windows, [_directory.At("native")]).Locate(variable: null);

        Assert.Equal(["c10.dll", "torch_cpu.dll", "torch.dll"], source.Libraries.Select(library => Path.GetFileName(library.Value)));
        Assert.Equal(_directory.At("native", "LibTorchSharp.dll"), source.ShimPath);
    }

    [Fact]
    public void A_missing_directory_is_named()
    {
        Assert.Equal(
            $"NEMOTRONH_LIBTORCH names {_directory.At("nowhere")}, which is not a directory; " +
            "expected the directory of libtorch's libraries (torch/lib of an installed PyTorch, or libtorch/lib).",
            Message(_directory.At("nowhere")));
    }

    [Theory]
    [InlineData("libc10.so")]
    [InlineData("libtorch_cpu.so")]
    [InlineData("libtorch.so")]
    [InlineData("libc10_cuda.so")]
    [InlineData("libtorch_cuda.so")]
    public void A_missing_file_is_named(string missing)
    {
        Touch("torch", CudaFiles.Where(file => file != missing));

        Assert.StartsWith(
            $"NEMOTRONH_LIBTORCH names {_directory.At("torch")}, which has no {missing}; expected the directory of libtorch's",
            Message(_directory.At("torch")),
            StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("libtorch", "lib")]
    [InlineData("site-packages", "torch", "lib")]
    public void The_right_directory_is_proposed_where_it_lies_below(params string[] below)
    {
        Touch(Path.Combine(below), CpuFiles);

        Assert.Equal(
            $"NEMOTRONH_LIBTORCH names {_directory.At(below[0])}, which has no libc10.so; expected {_directory.At(below)}.",
            Message(_directory.At(below[0])));
    }

    [Fact]
    public void A_program_without_libtorch_is_told_of_packages_and_variable()
    {
        _directory.Touch("program", "libLibTorchSharp.so");

        string message = Message(variable: null, "program");

        Assert.StartsWith("No libtorch was found: libtorch_cpu.so is not beside the program (", message, StringComparison.Ordinal);
        Assert.Contains("TorchSharp-cpu, TorchSharp-cuda-linux or TorchSharp-cuda-windows", message, StringComparison.Ordinal);
        Assert.Contains("NEMOTRONH_LIBTORCH", message, StringComparison.Ordinal);
    }

    [Fact]
    public void A_program_without_the_shim_is_told_of_its_package()
    {
        Touch("torch", CpuFiles);

        string message = Message(_directory.At("torch"));

        Assert.Contains("libLibTorchSharp.so is not beside the program", message, StringComparison.Ordinal);
        Assert.Contains("Reference the package TorchSharp", message, StringComparison.Ordinal);
    }

    private void Touch(string directory, IEnumerable<string> files)
    {
        foreach (string file in files)
        {
            _directory.Touch(directory, file);
        }
    }

    private LibTorchLocator Locator(params string[] directories) =>
        new(NativeLibraryNames.Linux, [.. directories.Select(directory => _directory.At(directory))]);

    private string Message(string? variable, params string[] directories)
    {
        var exception = Assert.Throws<NativeLibraryException>(() => Locator(directories).Locate(variable));
        Assert.DoesNotContain('\n', exception.Message);
        return exception.Message;
    }
}
