using System.Buffers;
using System.Text.RegularExpressions;

namespace NemotronH.Checkpoints.Hub;

/// <summary>Which names a repository may give its files (and revisions): those that are a file below a directory everywhere.</summary>
internal static partial class RepositoryPath
{
    private const int LongestName = 200;
    private const int DeepestPath = 8;

    private static readonly SearchValues<char> Reserved = SearchValues.Create("\\:*?\"<>|");

    /// <summary>Says what is wrong with a path from elsewhere.</summary>
    /// <param name="path">A path whose parts are separated by <c>/</c>.</param>
    /// <returns>Completes "the name …"; <see langword="null"/> where nothing is wrong.</returns>
    internal static string? Fault(string path)
    {
        string[] names = path.Split('/');
        return names.Length > DeepestPath
            ? $"has {names.Length} parts, expected at most {DeepestPath}"
            : names.Select(FaultOfName).FirstOrDefault(fault => fault is not null);
    }

    private static string? FaultOfName(string name) => name switch
    {
        "" => "is empty, absolute or has an empty part",
        "." or ".." => $"has the part '{name}', which leads elsewhere",
        _ when name.Length > LongestName => $"has a part of {name.Length} characters, expected at most {LongestName}",
        _ when name.AsSpan().ContainsAnyExceptInRange(' ', '~') => "has characters other than printable ASCII",
        _ when name.AsSpan().ContainsAny(Reserved) => "has one of the characters \\ : * ? \" < > |",
        [' ', ..] or [.., ' ' or '.'] => "has a part that begins with a space, or ends with a space or a dot",
        _ when DeviceName().IsMatch(name) => "has a part that is a device on Windows",
        _ => null,
    };

    /// <summary>With any extension these are still the device.</summary>
    [GeneratedRegex(@"^(con|prn|aux|nul|com[0-9]|lpt[0-9]|conin\$|conout\$) *(\.|$)", RegexOptions.IgnoreCase)]
    private static partial Regex DeviceName();
}
