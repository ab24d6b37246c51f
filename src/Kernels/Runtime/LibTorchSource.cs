namespace NemotronH.Kernels.Runtime;

/// <summary>A complete libtorch on disk, not loaded yet.</summary>
/// <param name="Origin">Who provides it.</param>
/// <param name="Directory">The absolute directory of its libraries.</param>
/// <param name="Libraries">Its libraries by name, in the order to load them in.</param>
/// <param name="ShimPath">TorchSharp's own native library, which lies beside the program whoever provides libtorch.</param>
internal sealed record LibTorchSource(
    LibTorchOrigin Origin,
    string Directory,
    IReadOnlyList<KeyValuePair<string, string>> Libraries,
    string ShimPath);
