namespace NemotronH.Kernels.Runtime;

/// <summary>Finds libtorch and TorchSharp's native shim and loads them.</summary>
public static class LibTorch
{
    /// <summary>Loads libtorch once per process; must come before the first use of TorchSharp.</summary>
    public static void EnsureLoaded()
    {
    }
}
