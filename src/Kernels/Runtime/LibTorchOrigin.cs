namespace NemotronH.Kernels.Runtime;

/// <summary>Who provides the libtorch in use.</summary>
public enum LibTorchOrigin
{
    /// <summary>A NuGet package such as TorchSharp-cpu, whose files lie beside the program.</summary>
    Package,

    /// <summary>The directory that the environment variable NEMOTRONH_LIBTORCH names.</summary>
    EnvironmentVariable,
}
