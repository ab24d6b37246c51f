using NemotronH.Kernels.Runtime;

namespace NemotronH.Kernels.Cuda;

/// <summary>Which GPUs, drivers and compilers this library's kernels work with.</summary>
internal static class CudaRequirements
{
    private static readonly Version OldestCapability = new(8, 0);
    private static readonly Version OldestCompiler = new(12, 0);

    /// <summary>Refuses a GPU that is not there.</summary>
    public static void CheckIndex(int deviceIndex, int count)
    {
        if (deviceIndex < 0 || deviceIndex >= count)
        {
            string present = count switch
            {
                0 => "this process sees none",
                1 => "the only one is cuda:0",
                _ => $"there are cuda:0 to cuda:{count - 1}",
            };
            throw new CudaException($"There is no GPU {deviceIndex}: {present}. CUDA_VISIBLE_DEVICES may hide some.");
        }
    }

    /// <summary>Refuses a GPU, a driver or a compiler that does not fit.</summary>
    /// <returns>What should be known although all fits.</returns>
    public static IReadOnlyList<string> Check(int deviceIndex, string name, Version capability, Version driver, NvrtcDescription? compiler)
    {
        string gpu = $"GPU {deviceIndex} ({name}) has compute capability {capability}";
        if (capability < OldestCapability)
        {
            throw new CudaException(
                $"{gpu}; expected {OldestCapability} or newer. Choose another with --device cuda:N, or run on the CPU with --device cpu.");
        }

        CheckCompiler(compiler ?? throw new NativeLibraryException(
            "NVRTC, CUDA's run-time compiler, was not found; PyTorch's CUDA packages bring it, or " +
            $"{NativeLibraryNames.NvrtcVariable} names its file."), driver);
        return compiler.Architectures.Contains((capability.Major * 10) + capability.Minor)
            ? capability.Major > 9 ? [$"{gpu}: untried, as the kernels were written and measured on 9.0."] : []
            : throw new CudaException($"{gpu}, which NVRTC {compiler.Version} ({compiler.Path}) does not know; use a newer PyTorch.");
    }

    /// <summary>A driver runs the code of the compilers of its own CUDA major version and of older ones.</summary>
    private static void CheckCompiler(NvrtcDescription compiler, Version driver)
    {
        if (compiler.Version < OldestCompiler)
        {
            throw new CudaException(
                $"NVRTC {compiler.Version} ({compiler.Path}) is too old; expected {OldestCompiler} or newer, " +
                "as PyTorch's CUDA packages bring it.");
        }

        if (driver.Major < compiler.Version.Major)
        {
            throw new CudaException(
                $"The NVIDIA driver serves CUDA up to {driver}, but NVRTC {compiler.Version} ({compiler.Path}) makes code for " +
                $"CUDA {compiler.Version.Major}; update the driver, or use a PyTorch for CUDA {driver.Major}.");
        }
    }

    /// <summary>The name that NVRTC has for a GPU's instruction set.</summary>
    public static string Architecture(Version capability) =>
        $"sm_{capability.Major}{capability.Minor}{(capability is { Major: 9, Minor: 0 } ? "a" : "")}";

    /// <summary>The driver's encoding of a CUDA version: 12080 is 12.8.</summary>
    public static Version VersionOf(int encoded) => new(encoded / 1000, encoded % 1000 / 10);
}
