using System.Runtime.InteropServices;

namespace NemotronH.Kernels.Runtime.Diagnostics;

/// <summary>What CUDA's run-time compiler says of itself.</summary>
internal static partial class Nvrtc
{
    private const string Component = "NVRTC";

    /// <summary>Where it lies and the CUDA version that it belongs to.</summary>
    public static IEnumerable<RuntimeFinding> Describe()
    {
        if (NativeImports.NvrtcLibrary is not { } library)
        {
            return [RuntimeFinding.Missing(Component, "not found; needed for kernels on a GPU (PyTorch's CUDA packages bring it)")];
        }

        return GetVersion(out int major, out int minor) == 0
            ? [RuntimeFinding.Working(Component, $"{major}.{minor}, {library.Path}")]
            : [RuntimeFinding.Broken(Component, $"{library.Path} does not tell its version")];
    }

    [LibraryImport(NativeImports.Nvrtc, EntryPoint = "nvrtcVersion")]
    private static partial int GetVersion(out int major, out int minor);
}
