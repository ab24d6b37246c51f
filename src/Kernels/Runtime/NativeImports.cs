using System.Runtime.InteropServices;
using TorchSharp;

namespace NemotronH.Kernels.Runtime;

/// <summary>Answers the imports of this library and of TorchSharp with the libraries that were loaded, whatever their files are called.</summary>
internal static class NativeImports
{
    /// <summary>Registers the loaded libraries; once per process.</summary>
    public static void Resolve(LoadedLibTorch loaded)
    {
        NativeLibrary.SetDllImportResolver(typeof(NativeImports).Assembly, (name, _, _) => loaded.Find(name)?.Handle ?? 0);
        try
        {
            NativeLibrary.SetDllImportResolver(typeof(torch).Assembly, (name, _, _) => loaded.Find(name)?.Handle ?? 0);
        }
        catch (InvalidOperationException)
        {
            // The program has set one for TorchSharp itself. The system's loader will still find what is loaded, by its name.
        }
    }
}
