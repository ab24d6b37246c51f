using System.IO.Enumeration;
using System.Text.RegularExpressions;

namespace NemotronH.Quantization;

/// <summary>The modules that a config leaves unquantised (<c>exclude_modules</c>, <c>ignore</c>).</summary>
/// <remarks>
/// <para>A plain entry names a module, or a block and all below it. <c>foo*</c> covers <c>foo</c>, <c>foo.bar</c> and <c>foobar</c>, but does not
/// continue a number: exporters write <c>layers.1*</c> for layer 1, where a file-name match would hit layers 10 to 19. Other wildcards match as file
/// names do; <c>re:</c> begins a regular expression that matches from the start of the name.</para>
/// <para>An entry that occurs in the midst of a name does not count, though vLLM does count it: <c>layers.1</c> would exclude layer 10.</para>
/// </remarks>
internal sealed class ExcludeList
{
    private const string RegexPrefix = "re:";

    private static readonly TimeSpan RegexTimeout = TimeSpan.FromSeconds(1);

    private readonly HashSet<string> _names = new(StringComparer.Ordinal);
    private readonly List<(string Entry, string Prefix)> _prefixes = [];
    private readonly List<string> _wildcards = [];
    private readonly List<(string Entry, Regex Regex)> _regexes = [];
    private readonly List<string> _entries = [];

    /// <summary>Reads entries.</summary>
    /// <param name="entries">Names and patterns as a config spells them.</param>
    /// <param name="field">File and field, for messages.</param>
    /// <exception cref="QuantizationException">A pattern cannot be read.</exception>
    public ExcludeList(IEnumerable<string> entries, string field)
    {
        foreach (string entry in entries)
        {
            _entries.Add(Add(entry, field));
        }
    }

    /// <summary>The entries, names and prefixes canonical, in the order given.</summary>
    public IReadOnlyList<string> Entries => _entries;

    /// <summary>Whether a module is listed by its own name.</summary>
    public bool Lists(string module) => _names.Contains(module);

    /// <summary>The entry that excludes a module.</summary>
    /// <param name="module">Canonical name.</param>
    /// <returns>The first entry found, or <see langword="null"/>.</returns>
    /// <exception cref="QuantizationException">A regular expression takes too long.</exception>
    public string? Match(string module)
    {
        string? entry = MatchName(module) ?? _prefixes.Find(candidate => HasPrefix(module, candidate.Prefix)).Entry;
        return entry is not null || _wildcards.Count + _regexes.Count == 0 ? entry : MatchPattern(module);
    }

    /// <summary>Compiles a pattern that matches from the start of a name.</summary>
    /// <exception cref="QuantizationException">It is no regular expression.</exception>
    public static Regex? CompilePattern(string entry, string field)
    {
        if (!entry.StartsWith(RegexPrefix, StringComparison.Ordinal))
        {
            return null;
        }

        try
        {
            return new Regex($@"\A(?:{entry[RegexPrefix.Length..]})", RegexOptions.CultureInvariant, RegexTimeout);
        }
        catch (ArgumentException exception)
        {
            throw new QuantizationException($"{field}: \"{entry}\" is not a regular expression.", exception);
        }
    }

    /// <summary>Whether a compiled pattern matches a module under any of its spellings.</summary>
    /// <exception cref="QuantizationException">It takes too long.</exception>
    public static bool IsMatch(Regex regex, string module)
    {
        try
        {
            return ModuleNames.Spellings(module).Any(regex.IsMatch);
        }
        catch (RegexMatchTimeoutException exception)
        {
            throw new QuantizationException(
                $"The pattern \"{regex}\" of the quantisation config takes longer than {RegexTimeout.TotalSeconds} s on {module}.", exception);
        }
    }

    private string Add(string entry, string field)
    {
        if (CompilePattern(entry, field) is Regex regex)
        {
            _regexes.Add((entry, regex));
            return entry;
        }

        int wildcard = entry.AsSpan().IndexOfAny("*?[");
        if (wildcard < 0)
        {
            string name = ModuleNames.Canonicalize(entry);
            _names.Add(name);
            return name;
        }

        return wildcard == entry.Length - 1 && entry[wildcard] == '*' ? AddPrefix(entry[..wildcard]) : AddWildcard(entry, field);
    }

    private string AddPrefix(string prefix)
    {
        bool below = prefix.EndsWith('.');
        string canonical = ModuleNames.Canonicalize(below ? prefix[..^1] : prefix) + (below ? "." : string.Empty);
        _prefixes.Add((canonical + "*", canonical));
        return canonical + "*";
    }

    private string AddWildcard(string entry, string field)
    {
        if (entry.Contains('[', StringComparison.Ordinal))
        {
            throw new QuantizationException(
                $"{field}: \"{entry}\" has a character class; expected the wildcards * and ?, or \"re:\" and a regular expression.");
        }

        _wildcards.Add(entry);
        return entry;
    }

    /// <summary>The module's own name or that of a block around it.</summary>
    private string? MatchName(string module)
    {
        if (_names.Count == 0)
        {
            return null;
        }

        HashSet<string>.AlternateLookup<ReadOnlySpan<char>> names = _names.GetAlternateLookup<ReadOnlySpan<char>>();
        for (int end = module.Length; end > 0; end = module.LastIndexOf('.', end - 1))
        {
            if (names.TryGetValue(module.AsSpan(0, end), out string? entry))
            {
                return entry;
            }
        }

        return null;
    }

    private static bool HasPrefix(string module, string prefix) =>
        module.StartsWith(prefix, StringComparison.Ordinal)
        && !(prefix.Length > 0 && module.Length > prefix.Length && char.IsAsciiDigit(prefix[^1]) && char.IsAsciiDigit(module[prefix.Length]));

    private static bool MatchesWildcard(string pattern, string module) =>
        ModuleNames.Spellings(module).Any(name => FileSystemName.MatchesSimpleExpression(pattern, name, ignoreCase: false));

    private string? MatchPattern(string module) =>
        _wildcards.Find(pattern => MatchesWildcard(pattern, module))
        ?? _regexes.Find(pattern => IsMatch(pattern.Regex, module)).Entry;
}
