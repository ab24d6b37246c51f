using System.Diagnostics.CodeAnalysis;
using System.Text.RegularExpressions;

namespace NemotronH.Checkpoints.Hub;

/// <summary>Names a model on a Hugging Face Hub: <c>organization/name</c>, and behind an <c>@</c> a revision other than <c>main</c>.</summary>
/// <remarks>A name is never a path: exactly two parts of letters, digits, dots, dashes and underscores.</remarks>
public sealed partial record HubModelName
{
    /// <summary>The revision where none is named.</summary>
    public const string DefaultRevision = "main";

    private const string DirectoryPrefix = "models--";
    private const int LongestRepository = 96;

    private HubModelName(string repository, string revision)
    {
        Repository = repository;
        Revision = revision;
    }

    /// <summary>Organization and name, as in <c>nvidia/NVIDIA-Nemotron-Nano-9B-v2</c>.</summary>
    public string Repository { get; }

    /// <summary>A branch, a tag or a commit.</summary>
    public string Revision { get; }

    /// <summary>Name of the model's directory in a cache.</summary>
    internal string DirectoryName => $"{DirectoryPrefix}{Repository.Replace("/", "--", StringComparison.Ordinal)}";

    /// <summary>Reads a name.</summary>
    /// <param name="text"><c>organization/name</c> or <c>organization/name@revision</c>.</param>
    /// <param name="name">The name.</param>
    /// <returns>Whether the text is one.</returns>
    public static bool TryParse(string text, [NotNullWhen(true)] out HubModelName? name)
    {
        ArgumentNullException.ThrowIfNull(text);
        int at = text.IndexOf('@', StringComparison.Ordinal);
        string repository = at < 0 ? text : text[..at];
        string revision = at < 0 ? DefaultRevision : text[(at + 1)..];
        name = IsRepository(repository) && RepositoryPath.Fault(revision) is null ? new HubModelName(repository, revision) : null;
        return name is not null;
    }

    /// <summary>Reads a name.</summary>
    /// <param name="text"><c>organization/name</c> or <c>organization/name@revision</c>.</param>
    /// <exception cref="HubException">The text is no such name.</exception>
    public static HubModelName Parse(string text) => TryParse(text, out HubModelName? name)
        ? name
        : throw new HubException(
            $"{Message.Quote(text)} is no name of a model on the Hub; expected ORGANIZATION/NAME or ORGANIZATION/NAME@REVISION");

    /// <summary>The same model in another revision.</summary>
    /// <param name="revision">A branch, a tag or a commit.</param>
    /// <exception cref="HubException">The text is no such thing.</exception>
    public HubModelName At(string revision)
    {
        ArgumentNullException.ThrowIfNull(revision);
        return RepositoryPath.Fault(revision) is { } fault
            ? throw new HubException($"{Message.Quote(revision)} is no revision: it {fault}; expected a branch, a tag or a commit")
            : new HubModelName(Repository, revision);
    }

    /// <summary>The model whose directory in a cache has a name.</summary>
    internal static HubModelName? OfDirectory(string name) =>
        name.StartsWith(DirectoryPrefix, StringComparison.Ordinal)
        && TryParse(name[DirectoryPrefix.Length..].Replace("--", "/", StringComparison.Ordinal), out HubModelName? model)
            ? model
            : null;

    /// <inheritdoc/>
    public override string ToString() => Revision == DefaultRevision ? Repository : $"{Repository}@{Revision}";

    /// <summary>Whether a revision is a commit: 40 hexadecimal digits.</summary>
    internal static bool IsCommit(string revision) => revision.Length == 40 && revision.All(char.IsAsciiHexDigitLower);

    /// <summary><c>--</c> separates the parts of a directory's name in the cache.</summary>
    private static bool IsRepository(string text) =>
        text.Length <= LongestRepository
        && RepositoryForm().IsMatch(text)
        && !text.Contains("--", StringComparison.Ordinal)
        && !text.Contains("..", StringComparison.Ordinal)
        && !text.EndsWith(".git", StringComparison.OrdinalIgnoreCase);

    [GeneratedRegex(@"\A[A-Za-z0-9_]([A-Za-z0-9_.-]*[A-Za-z0-9_])?/[A-Za-z0-9_]([A-Za-z0-9_.-]*[A-Za-z0-9_])?\z")]
    private static partial Regex RepositoryForm();
}
