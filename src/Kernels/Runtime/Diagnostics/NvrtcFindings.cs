using NemotronH.Kernels.Cuda;

namespace NemotronH.Kernels.Runtime.Diagnostics;

/// <summary>What CUDA's run-time compiler says of itself.</summary>
internal static class NvrtcFindings
{
    /// <summary>Where it lies and the CUDA version that it belongs to.</summary>
    public static IEnumerable<RuntimeFinding> Describe() => NvrtcCompiler.Description is { } compiler
        ? [RuntimeFinding.Working("NVRTC", $"{compiler.Version}, {compiler.Path}")]
        : [RuntimeFinding.Missing("NVRTC", "not found; needed for kernels on a GPU (PyTorch's CUDA packages bring it)")];
}
