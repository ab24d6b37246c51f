using System.Runtime.InteropServices;

namespace NemotronH.Kernels.Runtime;

/// <summary>Finds CUDA's run-time compiler, the one that belongs to libtorch before any other.</summary>
internal static class NvrtcLocator
{
    /// <summary>Loads the file that NEMOTRONH_NVRTC names, else the first one that loads.</summary>
    /// <param name="names">The operating system's library names.</param>
    /// <param name="libTorchDirectory">Where libtorch lies, or null.</param>
    /// <param name="variable">The value of NEMOTRONH_NVRTC.</param>
    /// <returns>The library, or null where there is none.</returns>
    /// <exception cref="NativeLibraryException">The file that the variable names does not load.</exception>
    public static LoadedLibrary? Load(NativeLibraryNames names, string? libTorchDirectory, string? variable = null)
    {
        if (!string.IsNullOrEmpty(variable))
        {
            LoadBuiltins(names, variable);
            return new LoadedLibrary(NativeImports.Nvrtc, variable, NativeLoad.Open(variable));
        }

        IEnumerable<string> loaded = LoadedFiles.Paths().Where(path => names.IsNvrtc(Path.GetFileName(path)));
        foreach (string candidate in loaded.Concat(Candidates(names, libTorchDirectory)))
        {
            LoadBuiltins(names, candidate);
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

    /// <summary>
    /// Loads what lies beside the compiler and it opens by name alone when it first compiles: once loaded it is found wherever it lies.
    /// </summary>
    private static void LoadBuiltins(NativeLibraryNames names, string path)
    {
        if (Path.GetDirectoryName(path) is { Length: > 0 } directory && Directory.Exists(directory))
        {
            foreach (string file in Directory.EnumerateFiles(directory).Where(file => names.IsNvrtcBuiltins(Path.GetFileName(file))))
            {
                NativeLibrary.TryLoad(file, out _);
            }
        }
    }

    private static IEnumerable<string> Files(NativeLibraryNames names, string directory) => Directory.Exists(directory)
        ? Directory.EnumerateFiles(directory).Where(path => names.IsNvrtc(Path.GetFileName(path))).OrderDescending(StringComparer.Ordinal)
        : [];
}
