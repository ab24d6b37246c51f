using System.Diagnostics;

namespace NemotronH.Kernels.Runtime;

/// <summary>The native libraries in this process's memory, whoever loaded them.</summary>
internal static class LoadedFiles
{
    /// <summary>The absolute paths of their files.</summary>
    public static IReadOnlyList<string> Paths()
    {
        using var process = Process.GetCurrentProcess();
        return [.. process.Modules.Cast<ProcessModule>().Select(module => module.FileName)];
    }
}
