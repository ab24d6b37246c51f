using System.Runtime.CompilerServices;
using NemotronH.Kernels.Runtime;

namespace NemotronH.Testing;

internal static class LoadLibTorch
{
    /// <summary>Before any test touches TorchSharp: its own loading does not know distributions with an older libstdc++.</summary>
    [ModuleInitializer]
    internal static void Load() => LibTorch.EnsureLoaded();
}
