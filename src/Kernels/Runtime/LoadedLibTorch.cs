namespace NemotronH.Kernels.Runtime;

/// <summary>The libtorch of this process.</summary>
/// <param name="Source">Where it came from.</param>
/// <param name="Version">libtorch's version.</param>
/// <param name="Libraries">Every library that was loaded, in order.</param>
/// <param name="Warnings">What the user should know although loading succeeded; one line each.</param>
internal sealed record LoadedLibTorch(
    LibTorchSource Source,
    Version Version,
    IReadOnlyList<LoadedLibrary> Libraries,
    IReadOnlyList<string> Warnings)
{
    /// <summary>Whether this libtorch carries its CUDA half.</summary>
    public bool HasCuda => Find(NativeLibraryNames.TorchCuda) is not null;

    /// <summary>The library of that name, or null when it was not loaded.</summary>
    public LoadedLibrary? Find(string name) => Libraries.FirstOrDefault(library => library.Name == name);
}
