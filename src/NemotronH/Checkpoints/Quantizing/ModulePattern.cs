using System.IO.Enumeration;

namespace NemotronH.Checkpoints.Quantizing;

/// <summary>
/// Patterns of canonical module names: <c>*</c> stands for any characters, dots included, <c>?</c> for one; every other character for
/// itself.
/// </summary>
internal static class ModulePattern
{
    private static readonly char[] Wildcards = ['*', '?'];

    /// <summary>Whether a pattern covers a module.</summary>
    internal static bool IsMatch(string pattern, string module) => pattern.IndexOfAny(Wildcards) < 0
        ? pattern == module
        : FileSystemName.MatchesSimpleExpression(pattern, module, ignoreCase: false);

    /// <summary>What is wrong with a pattern, to follow its text in a message; <see langword="null"/> if nothing.</summary>
    internal static string? Fault(string pattern) =>
        pattern.Length == 0 ? "is empty"
        : pattern.AsSpan().IndexOfAny("[]{}\\") >= 0 ? "has a character that no module name has; the wildcards are * and ?"
        : null;
}
