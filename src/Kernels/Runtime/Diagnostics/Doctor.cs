using NemotronH.Kernels.Cuda;
using static TorchSharp.torch;

namespace NemotronH.Kernels.Runtime.Diagnostics;

/// <summary>Looks at every part of the native side and writes down what it finds.</summary>
internal static class Doctor
{
    /// <summary>Examines this process, loading what is not loaded yet. A part that fails becomes a finding that says why.</summary>
    public static LibTorchReport Examine()
    {
        LoadedLibTorch? loaded = null;
        List<RuntimeFinding> findings = [.. Try("libtorch", () => Describe(loaded = LibTorch.Loaded))];
        findings.AddRange(Try("C library", SystemLibraries.Describe));
        findings.AddRange(Try("NVIDIA driver", DriverFindings.Describe));
        int devices = findings.Count(finding => finding.Component.StartsWith("GPU", StringComparison.Ordinal));
        findings.AddRange(Try("NVRTC", NvrtcFindings.Describe));
        List<string> warnings = [.. loaded?.Warnings ?? []];
        if (loaded is not null)
        {
            findings.AddRange(Try(LibTorchReport.SelfTest("cpu"), () => [SelfTest.Run("cpu")]));
            findings.AddRange(Try("libtorch CUDA", () => DescribeCuda(loaded)));
            findings.AddRange(Enumerable.Range(0, devices).SelectMany(TryKernels));
            warnings.AddRange(Enumerable.Range(0, devices).SelectMany(WarningsOf));
        }

        if (devices > 0 && loaded is { HasCuda: false })
        {
            warnings.Add("There is a GPU, but this libtorch is for the CPU only; build with -p:TorchBackend=cuda, " +
                $"or set {NativeLibraryNames.DirectoryVariable} to torch/lib of an installed PyTorch with CUDA.");
        }

        return new LibTorchReport(loaded?.Source.Origin, loaded?.Version, findings, warnings);
    }

    /// <summary>A report must come out of any machine in any state: whatever goes wrong is what it has to tell.</summary>
    internal static IReadOnlyList<RuntimeFinding> Try(string component, Func<IEnumerable<RuntimeFinding>> examine)
    {
        var findings = new List<RuntimeFinding>();
        try
        {
            findings.AddRange(examine());
        }
        catch (Exception exception)
        {
            bool found = findings.Count > 0 || exception is not NativeLibraryException;
            findings.Add(new RuntimeFinding(component, found, Works: false, exception.Message.ReplaceLineEndings(" ").Trim()));
        }

        return findings;
    }

    private static IEnumerable<RuntimeFinding> Describe(LoadedLibTorch loaded)
    {
        string origin = loaded.Source.Origin == LibTorchOrigin.Package
            ? "the package beside the program"
            : NativeLibraryNames.DirectoryVariable;
        yield return RuntimeFinding.Working("libtorch", $"{loaded.Version} from {origin}, {loaded.Source.Directory}");
        foreach (LoadedLibrary library in loaded.Libraries)
        {
            string detail = library.PatchedFrom is { } original
                ? $"{library.Path}, the copy of {original} for this system's older C++ library"
                : library.Path;
            yield return RuntimeFinding.Working(library.Name, detail);
        }
    }

    private static IReadOnlyList<RuntimeFinding> TryKernels(int device) =>
        Try(KernelSelfTest.Component(device), () => [KernelSelfTest.Run(device)]);

    private static IReadOnlyList<string> WarningsOf(int device) =>
        CudaContext.TryFor(device, out CudaContext? context, out _) ? context.Warnings : [];

    private static IEnumerable<RuntimeFinding> DescribeCuda(LoadedLibTorch loaded)
    {
        if (!loaded.HasCuda)
        {
            yield return RuntimeFinding.Missing("libtorch CUDA", "this libtorch is for the CPU only");
            yield break;
        }

        int devices = cuda.is_available() ? cuda.device_count() : 0;
        yield return new RuntimeFinding("libtorch CUDA", Found: true, devices > 0, $"libtorch sees {devices} GPUs");
        if (devices > 0)
        {
            yield return SelfTest.Run("cuda");
        }
    }
}
