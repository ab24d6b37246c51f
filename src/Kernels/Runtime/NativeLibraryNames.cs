using System.Runtime.InteropServices;

namespace NemotronH.Kernels.Runtime;

/// <summary>What the native libraries are called on one operating system. No other file spells such a name.</summary>
internal sealed class NativeLibraryNames
{
    /// <summary>The variable that points to the libraries of an installed PyTorch or of an unpacked libtorch.</summary>
    public const string DirectoryVariable = "NEMOTRONH_LIBTORCH";

    /// <summary>The variable that names the file of CUDA's run-time compiler to use instead of the one found.</summary>
    public const string NvrtcVariable = "NEMOTRONH_NVRTC";

    public const string C10 = "c10";
    public const string TorchCpu = "torch_cpu";
    public const string C10Cuda = "c10_cuda";
    public const string TorchCuda = "torch_cuda";
    public const string Torch = "torch";
    public const string TorchSharpShim = "LibTorchSharp";

    /// <summary>libtorch's libraries, each after those that it needs.</summary>
    public static readonly IReadOnlyList<string> LoadOrder = [C10, TorchCpu, C10Cuda, TorchCuda, Torch];

    public static readonly NativeLibraryNames Linux = new()
    {
        OperatingSystem = "linux",
        Prefix = "lib",
        Suffix = ".so",
        OpenMpPatterns = ["libgomp*.so*"],
        CudaDriver = "libcuda.so.1",
        Nvrtc = ["libnvrtc.so.13", "libnvrtc.so.12"],
        NvrtcPrefix = "libnvrtc",
        NvidiaPackageDirectory = "lib",
    };

    public static readonly NativeLibraryNames Windows = new()
    {
        OperatingSystem = "win",
        Prefix = "",
        Suffix = ".dll",
        OpenMpPatterns = ["libiomp5md.dll", "uv.dll"],
        CudaDriver = "nvcuda.dll",
        Nvrtc = ["nvrtc64_130_0.dll", "nvrtc64_120_0.dll"],
        NvrtcPrefix = "nvrtc64_",
        NvidiaPackageDirectory = "bin",
    };

    public static readonly NativeLibraryNames MacOS = new()
    {
        OperatingSystem = "osx",
        Prefix = "lib",
        Suffix = ".dylib",
        OpenMpPatterns = ["libomp.dylib"],
        CudaDriver = null,
        Nvrtc = [],
        NvrtcPrefix = "libnvrtc",
        NvidiaPackageDirectory = "lib",
    };

    public static NativeLibraryNames Current { get; } =
        System.OperatingSystem.IsWindows() ? Windows : System.OperatingSystem.IsMacOS() ? MacOS : Linux;

    /// <summary>The first half of a runtime identifier: linux, win or osx.</summary>
    public required string OperatingSystem { get; init; }

    public required string Prefix { get; init; }

    public required string Suffix { get; init; }

    /// <summary>File patterns of the threading libraries that libtorch is shipped with; the builds rename them.</summary>
    public required IReadOnlyList<string> OpenMpPatterns { get; init; }

    /// <summary>The CUDA driver's library, which comes with the driver and never with a package.</summary>
    public required string? CudaDriver { get; init; }

    /// <summary>CUDA's run-time compiler, newest first; the major version is part of the name.</summary>
    public required IReadOnlyList<string> Nvrtc { get; init; }

    /// <summary>What the names of all builds of CUDA's run-time compiler begin with; the bundled ones have a hash in the middle.</summary>
    public required string NvrtcPrefix { get; init; }

    /// <summary>What the name of that compiler's device library begins with.</summary>
    public string NvrtcBuiltinsPrefix => Prefix + "nvrtc-builtins";

    /// <summary>The folder of NVIDIA's Python packages that holds the libraries.</summary>
    public required string NvidiaPackageDirectory { get; init; }

    /// <summary>The file name of a library: <c>torch_cpu</c> is libtorch_cpu.so, torch_cpu.dll or libtorch_cpu.dylib.</summary>
    public string FileName(string library) => Prefix + library + Suffix;

    /// <summary>Whether a file is CUDA's run-time compiler itself, not one of the libraries that it brings along.</summary>
    public bool IsNvrtc(string fileName) =>
        fileName.StartsWith(NvrtcPrefix, StringComparison.Ordinal) && fileName.Contains(Suffix, StringComparison.Ordinal) &&
        !fileName.Contains("builtins", StringComparison.Ordinal) && !fileName.Contains(".alt.", StringComparison.Ordinal);

    /// <summary>Whether a file is the device library of CUDA's run-time compiler.</summary>
    public bool IsNvrtcBuiltins(string fileName) =>
        fileName.StartsWith(NvrtcBuiltinsPrefix, StringComparison.Ordinal) && fileName.Contains(Suffix, StringComparison.Ordinal) &&
        !fileName.Contains(".alt.", StringComparison.Ordinal);

    /// <summary>Where a NuGet package's native files lie beside a program that was built without a runtime identifier.</summary>
    public string PackageDirectory(Architecture architecture) =>
        Path.Combine("runtimes", $"{OperatingSystem}-{architecture.ToString().ToLowerInvariant()}", "native");
}
