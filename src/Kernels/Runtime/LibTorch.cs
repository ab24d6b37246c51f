using NemotronH.Kernels.Runtime.Diagnostics;
using TorchSharp;

namespace NemotronH.Kernels.Runtime;

/// <summary>Finds libtorch and TorchSharp's native shim and loads them.</summary>
/// <remarks>
/// libtorch comes from the directory that the environment variable NEMOTRONH_LIBTORCH names (torch/lib of an installed PyTorch,
/// or libtorch/lib), else from the NuGet package beside the program. All members may be called from any thread.
/// </remarks>
public static class LibTorch
{
    private static readonly Lazy<LoadedLibTorch> Current = new(Load);

    /// <summary>The libtorch of this process; the first call loads it.</summary>
    /// <exception cref="NativeLibraryException">See <see cref="EnsureLoaded"/>.</exception>
    internal static LoadedLibTorch Loaded => Current.Value;

    /// <summary>Loads libtorch once per process; must come before the first use of TorchSharp.</summary>
    /// <remarks>Later calls cost a few nanoseconds, or repeat the first one's failure.</remarks>
    /// <exception cref="NativeLibraryException">
    /// There is no libtorch, one of its files is missing or does not load, or it is too old.
    /// </exception>
    public static void EnsureLoaded() => _ = Current.Value;

    /// <summary>Examines the native side of this process, loading libtorch if that has not been done.</summary>
    /// <remarks>Takes up to a few seconds where there is a GPU. Never throws: what fails is in the report, with the reason.</remarks>
    public static LibTorchReport Describe() => Doctor.Examine();

    private static LoadedLibTorch Load()
    {
        NativeImports.Register();
        NativeLibraryNames names = NativeLibraryNames.Current;
        string? variable = Environment.GetEnvironmentVariable(NativeLibraryNames.DirectoryVariable);
        LibTorchSource source = LibTorchLocator.ForThisProcess().Locate(variable);
        if (source.Origin == LibTorchOrigin.EnvironmentVariable)
        {
            RivalLibTorch.RefuseLoaded(source, names);
        }

        LoadedLibTorch loaded = LibTorchLoader.Load(source, names);
        RivalLibTorch.Cover(loaded.Libraries, names, NativeSearchPath.OfRuntime(typeof(torch).Assembly));
        NativeImports.Register(loaded);
        return loaded;
    }
}
