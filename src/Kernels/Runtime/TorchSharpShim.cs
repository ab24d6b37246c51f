using NemotronH.Kernels.Runtime.Elf;

namespace NemotronH.Kernels.Runtime;

/// <summary>Loads TorchSharp's native library, on systems with an older libstdc++ from a copy that does not ask for a newer one.</summary>
internal static class TorchSharpShim
{
    /// <summary>Loads the shim as it is; where the system's libstdc++ is too old for it, loads a corrected copy.</summary>
    /// <exception cref="NativeLibraryException">Neither loads.</exception>
    public static LoadedLibrary Load(string path)
    {
        try
        {
            return new LoadedLibrary(NativeLibraryNames.TorchSharpShim, path, NativeLoad.Open(path));
        }
        catch (NativeLibraryException exception) when (exception.Message.Contains(GlibcxxRequirement.Unmet, StringComparison.Ordinal))
        {
            string copy = PatchedCopy(path);
            return new LoadedLibrary(NativeLibraryNames.TorchSharpShim, copy, NativeLoad.Open(copy), PatchedFrom: path);
        }
    }

    private static string PatchedCopy(string path)
    {
        byte[] original = File.ReadAllBytes(path);
        byte[] patched = GlibcxxRequirement.Lower(original, path);
        return PatchedLibraryCache.ForThisUser().Store(Path.GetFileName(path), original, patched);
    }
}
