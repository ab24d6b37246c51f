namespace NemotronH.Kernels.Cuda;

/// <summary>A run-time compiler.</summary>
/// <param name="Path">Its file.</param>
/// <param name="Version">The CUDA version that it belongs to.</param>
/// <param name="Architectures">The GPUs that it knows: 90 for compute capability 9.0.</param>
internal sealed record NvrtcDescription(string Path, Version Version, IReadOnlyList<int> Architectures);
