namespace NemotronH.Kernels.Runtime;

/// <summary>Loads a libtorch and TorchSharp's shim so that TorchSharp, which loads by name, meets exactly these files.</summary>
/// <remarks>
/// The system's loader answers a request for a name that is already loaded with the loaded library, so it is enough that each
/// library is loaded by full path before anybody asks for it by name. (<see cref="RivalLibTorch"/> handles requests by full path.)
/// </remarks>
internal static class LibTorchLoader
{
    /// <summary>Loads everything in dependency order.</summary>
    /// <exception cref="NativeLibraryException">A library does not load or is too old.</exception>
    public static LoadedLibTorch Load(LibTorchSource source, NativeLibraryNames names)
    {
        var libraries = new List<LoadedLibrary>();
        var warnings = new List<string>();
        Version? version = null;
        OpenMpPolicy.Apply();
        foreach ((string name, string path) in OpenMp(source.Directory, names).Concat(source.Libraries))
        {
            nint handle = NativeLoad.Open(path);
            libraries.Add(new LoadedLibrary(name, path, handle));
            if (name == NativeLibraryNames.TorchCpu)
            {
                version = LibTorchVersion.Read(handle, path);
                warnings.AddRange(LibTorchVersion.Check(version, path) is { } warning ? [warning] : Array.Empty<string>());
            }
        }

        libraries.Add(TorchSharpShim.Load(source.ShimPath));
        return new LoadedLibTorch(source, version!, libraries, warnings);
    }

    private static IEnumerable<KeyValuePair<string, string>> OpenMp(string directory, NativeLibraryNames names) =>
        names.OpenMpPatterns
            .SelectMany(pattern => Directory.EnumerateFiles(directory, pattern))
            .Select(path => KeyValuePair.Create(Path.GetFileName(path), path));
}
