using System.Runtime.InteropServices;

namespace NemotronH.Kernels.Runtime;

/// <summary>The directories in which this process's program and packages keep their native files.</summary>
internal static class NativeSearchPath
{
    /// <summary>Where .NET looks for a native library that an assembly asks for by name, in its order.</summary>
    /// <param name="assembly">The path of the assembly that asks.</param>
    public static IReadOnlyList<string> OfRuntime(string assembly) =>
    [
        .. (AppContext.GetData("NATIVE_DLL_SEARCH_DIRECTORIES") as string ?? "").Split(Path.PathSeparator, StringSplitOptions.RemoveEmptyEntries),
        Path.GetDirectoryName(assembly) ?? "",
    ];

    /// <summary>Where a package's native files may lie: beside the program, or in the folder of this platform below it.</summary>
    public static IReadOnlyList<string> OfProgram()
    {
        string assembly = typeof(NativeSearchPath).Assembly.Location;
        string platform = NativeLibraryNames.Current.PackageDirectory(RuntimeInformation.ProcessArchitecture);
        string[] roots = [AppContext.BaseDirectory, Path.GetDirectoryName(assembly) ?? ""];
        return
        [
            .. roots.Where(root => root.Length > 0).SelectMany(root => new[] { root, Path.Combine(root, platform) })
                .Concat(OfRuntime(assembly)).Where(directory => directory.Length > 0).Distinct(),
        ];
    }
}
