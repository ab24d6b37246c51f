using System.Runtime.InteropServices;

namespace NemotronH.Kernels.Runtime.Diagnostics;

/// <summary>The system's own libraries that libtorch is bound to.</summary>
internal static partial class SystemLibraries
{
    /// <summary>Names the C library's version and the C++ library's file, whose name holds its version.</summary>
    public static IEnumerable<RuntimeFinding> Describe()
    {
        if (!OperatingSystem.IsLinux())
        {
            return [];
        }

        string? standard = LoadedFiles.Paths()
            .FirstOrDefault(path => Path.GetFileName(path).StartsWith("libstdc++.so", StringComparison.Ordinal));
        string version = Marshal.PtrToStringUTF8(LibcVersion()) ?? "of unknown version";
        return [RuntimeFinding.Working("C library", $"glibc {version}; C++ library {standard ?? "not loaded"}")];
    }

    [LibraryImport("libc", EntryPoint = "gnu_get_libc_version")]
    private static partial nint LibcVersion();
}
