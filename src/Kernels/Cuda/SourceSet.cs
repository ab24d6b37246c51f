using System.Reflection;
using System.Text.RegularExpressions;

namespace NemotronH.Kernels.Cuda;

/// <summary>CUDA C files by name: what <c>#include "name"</c> finds.</summary>
internal sealed partial class SourceSet
{
    private const string ResourcePrefix = "cuda/";

    private readonly IReadOnlyDictionary<string, string> _files;

    /// <summary>Files from anywhere, for tests.</summary>
    public SourceSet(IReadOnlyDictionary<string, string> files) => _files = files;

    /// <summary>The files of this library, which are resources of its assembly.</summary>
    public static SourceSet Embedded { get; } = ReadEmbedded();

    /// <summary>The names of the files that hold kernels.</summary>
    public IEnumerable<string> Programs =>
        _files.Keys.Where(name => name.EndsWith(".cu", StringComparison.Ordinal)).Order(StringComparer.Ordinal);

    /// <summary>These files and one more.</summary>
    public SourceSet With(string name, string text) => new(new Dictionary<string, string>(_files) { [name] = text });

    /// <summary>A file's text.</summary>
    /// <exception cref="ArgumentException">There is none of that name.</exception>
    public string Read(string name) => _files.TryGetValue(name, out string? text)
        ? text
        : throw new ArgumentException(
            $"There is no CUDA source {name}; there are {string.Join(", ", _files.Keys.Order(StringComparer.Ordinal))}.");

    /// <summary>The names of the files that a file includes, directly or through others, in alphabetical order.</summary>
    /// <exception cref="ArgumentException">An included file does not exist.</exception>
    public IReadOnlyList<string> Includes(string name)
    {
        var found = new SortedSet<string>(StringComparer.Ordinal);
        Collect(name, found);
        return [.. found];
    }

    private void Collect(string name, SortedSet<string> found)
    {
        foreach (Match match in Include().Matches(Read(name)))
        {
            string included = match.Groups[1].Value;
            if (!_files.ContainsKey(included))
            {
                throw new ArgumentException($"{name} includes {included}, which does not exist.");
            }

            if (found.Add(included))
            {
                Collect(included, found);
            }
        }
    }

    private static SourceSet ReadEmbedded()
    {
        Assembly assembly = typeof(SourceSet).Assembly;
        return new SourceSet(assembly.GetManifestResourceNames()
            .Where(name => name.StartsWith(ResourcePrefix, StringComparison.Ordinal))
            .ToDictionary(name => name[ResourcePrefix.Length..], name => ReadResource(assembly, name)));
    }

    private static string ReadResource(Assembly assembly, string name)
    {
        using var reader = new StreamReader(assembly.GetManifestResourceStream(name)!);
        return reader.ReadToEnd();
    }

    [GeneratedRegex("""^[ \t]*#[ \t]*include[ \t]*["<]([^">]+)[">]""", RegexOptions.Multiline)]
    private static partial Regex Include();
}
