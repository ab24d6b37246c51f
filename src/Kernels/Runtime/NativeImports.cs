using System.Runtime.InteropServices;
using TorchSharp;

namespace NemotronH.Kernels.Runtime;

/// <summary>Answers imports of this library and of TorchSharp with the libraries found, whatever their files are called.</summary>
internal static class NativeImports
{
    /// <summary>The CUDA driver's name in imports.</summary>
    public const string CudaDriver = "cuda";

    /// <summary>CUDA's run-time compiler's name in imports.</summary>
    public const string Nvrtc = "nvrtc";

    private static readonly Lazy<LoadedLibrary?> LoadedNvrtc =
        new(() => NvrtcLocator.Load(
            NativeLibraryNames.Current, _loaded?.Source.Directory, Environment.GetEnvironmentVariable(NativeLibraryNames.NvrtcVariable)));

    private static volatile LoadedLibTorch? _loaded;

    /// <summary>NVRTC, looked for once libtorch is settled; null where there is none.</summary>
    public static LoadedLibrary? NvrtcLibrary => LoadedNvrtc.Value;

    /// <summary>Takes over the imports of this library; once per process.</summary>
    public static void Register() => NativeLibrary.SetDllImportResolver(typeof(NativeImports).Assembly, (name, _, _) => Load(name));

    /// <summary>Takes over TorchSharp's imports; once per process.</summary>
    public static void Register(LoadedLibTorch loaded)
    {
        _loaded = loaded;
        try
        {
            NativeLibrary.SetDllImportResolver(typeof(torch).Assembly, (name, _, _) => loaded.Find(name)?.Handle ?? 0);
        }
        catch (InvalidOperationException)
        {
            // The program has set one for TorchSharp itself. The system's loader will still find what is loaded, by its name.
        }
    }

    /// <summary>The handle of a library by its name in imports, or 0 where there is none.</summary>
    public static nint Load(string name) => name switch
    {
        CudaDriver => NativeLibraryNames.Current.CudaDriver is { } file && NativeLibrary.TryLoad(file, out nint driver) ? driver : 0,
        Nvrtc => NvrtcLibrary?.Handle ?? 0,
        _ => _loaded?.Find(name)?.Handle ?? 0,
    };
}
