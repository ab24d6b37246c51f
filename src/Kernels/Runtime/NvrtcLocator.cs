using System.Runtime.InteropServices;

namespace NemotronH.Kernels.Runtime;

/// <summary>Finds CUDA's run-time compiler, the one that belongs to libtorch before any other.</summary>
internal static class NvrtcLocator
{
    /// <summary>Loads the first one that loads.</summary>
    /// <param name="names">The operating system's library names.</param>
    /// <param name="libTorchDirectory">Where libtorch lies, or null.</param>
    /// <returns>The library, or null where there is none.</returns>
    public static LoadedLibrary? Load(NativeLibraryNames names, string? libTorchDirectory)
    {
        IEnumerable<string> loaded = LoadedFiles.Paths().Where(path => names.IsNvrtc(Path.GetFileName(path)));
        foreach (string candidate in loaded.Concat(Candidates(names, libTorchDirectory)))
        {
            if (NativeLibrary.TryLoad(candidate, out nint handle))
            {
                return new LoadedLibrary(NativeImports.Nvrtc, candidate, handle);
            }
        }

        return null;
    }

    /// <summary>
    /// The places in which it may be: beside libtorch, in the NVIDIA packages beside an installed PyTorch (site-packages/nvidia/*/lib),
    /// and wherever the system's loader finds it by name.
    /// </summary>
    public static IEnumerable<string> Candidates(NativeLibraryNames names, string? libTorchDirectory)
    {
        IEnumerable<string> files = libTorchDirectory is null ? [] : Files(names, libTorchDirectory);
        string sitePackages = Path.GetFullPath(Path.Combine(libTorchDirectory ?? ".", "..", ".."));
        string nvidia = Path.Combine(sitePackages, "nvidia");
        if (libTorchDirectory is not null && Directory.Exists(nvidia))
        {
            files = files.Concat(Directory.EnumerateDirectories(nvidia).Order(StringComparer.Ordinal)
                .SelectMany(package => Files(names, Path.Combine(package, names.NvidiaPackageDirectory))));
        }

        return files.Concat(names.Nvrtc);
    }

    private static IEnumerable<string> Files(NativeLibraryNames names, string directory) => Directory.Exists(directory)
        ? Directory.EnumerateFiles(directory).Where(path => names.IsNvrtc(Path.GetFileName(path))).OrderDescending(StringComparer.Ordinal)
        : [];
}
