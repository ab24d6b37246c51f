using System.Diagnostics;
using NemotronH.Kernels.Runtime;
using static TorchSharp.torch;

namespace NemotronH.Kernels.Tests.Runtime;

public sealed class LibTorchTests
{
    [Fact]
    public void Loading_again_from_many_threads_changes_nothing()
    {
        LoadedLibTorch loaded = LibTorch.Loaded;
        Parallel.For(0, 64, _ =>
        {
            LibTorch.EnsureLoaded();
            Assert.Same(loaded, LibTorch.Loaded);
        });
    }

    [Fact]
    public void TorchSharp_computes_with_the_one_libtorch_that_was_loaded()
    {
        Assert.SkipUnless(OperatingSystem.IsLinux(), "The kernel's list of mapped files is read.");
        string? variable = Environment.GetEnvironmentVariable("NEMOTRONH_LIBTORCH");
        using (Tensor matrix = ones(3, 4))
        using (Tensor sum = matrix.sum())
        {
            Assert.Equal(12f, sum.item<float>());
        }

        string[] mapped = [.. File.ReadLines("/proc/self/maps").Select(line => line[(line.LastIndexOf(' ') + 1)..]).Distinct()];
        string cpu = Assert.Single(mapped, path => Path.GetFileName(path) == "libtorch_cpu.so");
        string shim = Assert.Single(mapped, path => Path.GetFileName(path).StartsWith("libLibTorchSharp", StringComparison.Ordinal));
        Assert.Equal(variable is null ? LibTorchOrigin.Package : LibTorchOrigin.EnvironmentVariable, LibTorch.Loaded.Source.Origin);
        Assert.Equal(variable ?? Path.GetDirectoryName(cpu), Path.GetDirectoryName(cpu));
        Assert.Equal(LibTorch.Loaded.Find("torch_cpu")?.Path, cpu);
        Assert.Equal(LibTorch.Loaded.Find("LibTorchSharp")?.Path, shim);
    }

    /// <summary>The test program carries a package's libtorch, which TorchSharp would load beside the copy.</summary>
    [Fact]
    public void The_variable_is_obeyed_although_the_program_has_a_libtorch_of_its_own()
    {
        Assert.SkipUnless(OperatingSystem.IsLinux(), "Needs the loader of Linux.");
        using var directory = new TemporaryDirectory();
        foreach ((_, string path) in LibTorch.Loaded.Source.Libraries)
        {
            File.Copy(path, directory.At(Path.GetFileName(path)));
        }

        foreach (string path in Directory.GetFiles(LibTorch.Loaded.Source.Directory, "libgomp*"))
        {
            File.Copy(path, directory.At(Path.GetFileName(path)));
        }

        (int exitCode, string output) = RunChild(("NEMOTRONH_LIBTORCH", directory.Root));

        Assert.True(exitCode == 0, output);
        Assert.Contains("Total: 1, Errors: 0, Failed: 0, Skipped: 0", output, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Two_processes_that_start_at_once_with_an_empty_cache_both_run()
    {
        Assert.SkipUnless(OperatingSystem.IsLinux(), "Only there a copy is cached.");
        using var directory = new TemporaryDirectory();
        (string, string) cache = ("XDG_CACHE_HOME", directory.Root);

        (int ExitCode, string Output)[] children = await Task.WhenAll(Task.Run(() => RunChild(cache)), Task.Run(() => RunChild(cache)));

        Assert.All(children, child => Assert.True(child.ExitCode == 0, child.Output));
        if (LibTorch.Loaded.Find("LibTorchSharp")?.PatchedFrom is not null)
        {
            Assert.Single(Directory.GetFiles(directory.At("nemotronh", "native")));
        }
    }

    [Fact]
    public void A_process_with_a_wrong_variable_ends_with_its_name()
    {
        (int exitCode, string output) = RunChild(("NEMOTRONH_LIBTORCH", "/nowhere/lib"));

        Assert.NotEqual(0, exitCode);
        Assert.Contains("NEMOTRONH_LIBTORCH names /nowhere/lib, which is not a directory", output, StringComparison.Ordinal);
    }

    /// <summary>Runs one test of this program in a new process.</summary>
    private static (int ExitCode, string Output) RunChild((string Name, string Value) variable)
    {
        string program = Environment.ProcessPath!;
        string method = $"{typeof(LibTorchTests).FullName}.{nameof(TorchSharp_computes_with_the_one_libtorch_that_was_loaded)}";
        string[] host = Path.GetFileNameWithoutExtension(program) == "dotnet" ? [typeof(LibTorchTests).Assembly.Location] : [];
        var start = new ProcessStartInfo(program, [.. host, "-method", method])
        {
            RedirectStandardOutput = true,
            RedirectStandardError = true,
        };
        start.Environment[variable.Name] = variable.Value;
        using Process child = Process.Start(start)!;
        Task<string> errors = child.StandardError.ReadToEndAsync();
        string output = child.StandardOutput.ReadToEnd();
        child.WaitForExit();
        return (child.ExitCode, output + errors.GetAwaiter().GetResult());
    }
}
