namespace NemotronH.Kernels.Runtime;

/// <summary>Finds libtorch's files: where NEMOTRONH_LIBTORCH points, else beside the program.</summary>
/// <param name="names">The operating system's library names.</param>
/// <param name="programDirectories">Where a package's native files may lie, most likely first.</param>
internal sealed class LibTorchLocator(NativeLibraryNames names, IReadOnlyList<string> programDirectories)
{
    private const string ExpectedDirectory = "the directory of libtorch's libraries (torch/lib of an installed PyTorch, or libtorch/lib)";

    private static readonly string[] Required = [NativeLibraryNames.C10, NativeLibraryNames.TorchCpu, NativeLibraryNames.Torch];
    private static readonly string[] Cuda = [NativeLibraryNames.C10Cuda, NativeLibraryNames.TorchCuda];

    /// <summary>A locator for this process.</summary>
    public static LibTorchLocator ForThisProcess() => new(NativeLibraryNames.Current, NativeSearchPath.OfProgram());

    /// <summary>Finds every file that will be loaded, without loading any.</summary>
    /// <param name="variable">The value of NEMOTRONH_LIBTORCH, or null.</param>
    /// <exception cref="NativeLibraryException">The directory or one of its files is missing, or there is no libtorch at all.</exception>
    public LibTorchSource Locate(string? variable)
    {
        var (origin, directory) = string.IsNullOrWhiteSpace(variable)
            ? (LibTorchOrigin.Package, FindPackage())
            : (LibTorchOrigin.EnvironmentVariable, CheckNamedDirectory(variable));
        directory = Path.TrimEndingDirectorySeparator(directory);
        var libraries = NativeLibraryNames.LoadOrder
            .Select(name => KeyValuePair.Create(name, Path.Combine(directory, names.FileName(name))))
            .Where(library => File.Exists(library.Value));
        return new LibTorchSource(origin, directory, [.. libraries], FindShim());
    }

    private string FindPackage() =>
        programDirectories.FirstOrDefault(directory => Missing(directory) is null) ?? throw new NativeLibraryException(
            $"No libtorch was found: {names.FileName(NativeLibraryNames.TorchCpu)} is not beside the program " +
            $"({AppContext.BaseDirectory}). Reference the package TorchSharp-cpu, TorchSharp-cuda-linux or TorchSharp-cuda-windows, " +
            $"or set {NativeLibraryNames.DirectoryVariable} to {ExpectedDirectory}.");

    private string FindShim() =>
        programDirectories.Select(directory => Path.Combine(directory, names.FileName(NativeLibraryNames.TorchSharpShim)))
            .FirstOrDefault(File.Exists) ?? throw new NativeLibraryException(
            $"TorchSharp's native library {names.FileName(NativeLibraryNames.TorchSharpShim)} is not beside the program " +
            $"({AppContext.BaseDirectory}). Reference the package TorchSharp in the program itself.");

    private string CheckNamedDirectory(string variable)
    {
        string directory = Path.GetFullPath(variable);
        if (!Directory.Exists(directory))
        {
            throw new NativeLibraryException(
                $"{NativeLibraryNames.DirectoryVariable} names {directory}, which is not a directory; expected {ExpectedDirectory}.");
        }

        if (Missing(directory) is { } file)
        {
            string? inner = new[] { "lib", Path.Combine("torch", "lib") }.Select(name => Path.Combine(directory, name))
                .FirstOrDefault(candidate => Missing(candidate) is null);
            throw new NativeLibraryException(
                $"{NativeLibraryNames.DirectoryVariable} names {directory}, which has no {file}; expected " +
                $"{inner ?? ExpectedDirectory}.");
        }

        return directory;
    }

    /// <summary>The first file that a libtorch in this directory lacks: CUDA's two libraries come together or not at all.</summary>
    private string? Missing(string directory)
    {
        bool Exists(string library) => File.Exists(Path.Combine(directory, names.FileName(library)));
        var expected = Cuda.Any(Exists) ? Required.Concat(Cuda) : Required;
        string? missing = expected.FirstOrDefault(library => !Exists(library));
        return missing is null ? null : names.FileName(missing);
    }
}
