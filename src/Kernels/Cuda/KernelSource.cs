namespace NemotronH.Kernels.Cuda;

/// <summary>One of this library's CUDA C files with the macros it is compiled with.</summary>
/// <remarks>Equal where the file and the macros, in their order, are equal.</remarks>
public sealed class KernelSource : IEquatable<KernelSource>
{
    private readonly string _text;

    /// <summary>Names a file and its macros.</summary>
    /// <param name="fileName">The file's name, such as attention.cu.</param>
    /// <param name="defines">Macros and their values; a macro that is left out has the default that the file gives it.</param>
    public KernelSource(string fileName, params (string Name, string Value)[] defines)
    {
        ArgumentException.ThrowIfNullOrEmpty(fileName);
        ArgumentNullException.ThrowIfNull(defines);
        FileName = fileName;
        Options = [.. defines.Select(define => $"--define-macro={define.Name}={define.Value}")];
        _text = string.Join(' ', [fileName, .. Options]);
    }

    /// <summary>The file's name.</summary>
    public string FileName { get; }

    /// <summary>The macros as options of the compiler.</summary>
    internal IReadOnlyList<string> Options { get; }

    /// <summary>Whether the other is the same file with the same macros.</summary>
    public bool Equals(KernelSource? other) => other is not null && _text == other._text;

    /// <inheritdoc/>
    public override bool Equals(object? obj) => Equals(obj as KernelSource);

    /// <inheritdoc/>
    public override int GetHashCode() => _text.GetHashCode(StringComparison.Ordinal);

    /// <summary>The file and its macros as a command line would name them.</summary>
    public override string ToString() => _text;
}
