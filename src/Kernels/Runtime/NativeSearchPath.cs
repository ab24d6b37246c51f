using System.Reflection;
using System.Runtime.InteropServices;

namespace NemotronH.Kernels.Runtime;

/// <summary>The directories in which this process's program and packages keep their native files.</summary>
internal static class NativeSearchPath
{
    /// <summary>Where .NET looks for a native library that an assembly asks for by name, in its order.</summary>
    public static IReadOnlyList<string> OfRuntime(Assembly assembly)
    {
        string host = AppContext.GetData("NATIVE_DLL_SEARCH_DIRECTORIES") as string ?? "";
        string? beside = Path.GetDirectoryName(assembly.Location);
        return [.. host.Split(Path.PathSeparator).Append(beside).Where(directory => !string.IsNullOrEmpty(directory)).OfType<string>()];
    }

    /// <summary>
    /// Where a package's native files may lie: where .NET looks, or else beside the program or in this platform's folder below it,
    /// which a program that is loaded by another one does not tell .NET.
    /// </summary>
    public static IReadOnlyList<string> OfProgram()
    {
        Assembly library = typeof(NativeSearchPath).Assembly;
        string platform = NativeLibraryNames.Current.PackageDirectory(RuntimeInformation.ProcessArchitecture);
        string?[] roots = [AppContext.BaseDirectory, Path.GetDirectoryName(library.Location)];
        IEnumerable<string> beside = roots.Where(root => !string.IsNullOrEmpty(root)).OfType<string>()
            .SelectMany(root => new[] { root, Path.Combine(root, platform) });
        return [.. OfRuntime(library).Concat(beside).Distinct()];
    }
}
