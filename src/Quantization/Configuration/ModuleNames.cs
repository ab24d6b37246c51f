namespace NemotronH.Quantization;

/// <summary>
/// Names of modules under one root. Checkpoints root the same model at <c>backbone.</c>, <c>model.</c>, <c>language_model.backbone.</c> and other
/// combinations; configs must be re-rooted together with the tensors, or their entries match nothing.
/// </summary>
public static class ModuleNames
{
    private const string Root = "backbone";

    private static readonly string[] RootComponents = ["language_model", "model", Root];

    /// <summary>Modules that lie beside the backbone, whatever stands before them.</summary>
    private static readonly string[] Siblings = ["lm_head", "mtp"];

    /// <summary>Other names of the module <c>embeddings</c>.</summary>
    private static readonly string[] EmbeddingAliases = ["embedding", "embed_tokens"];

    /// <summary>Roots that checkpoints are seen with.</summary>
    private static readonly string[] KnownRoots =
    [
        "backbone.", "model.", "language_model.backbone.", "model.language_model.backbone.", "language_model.model.backbone.", "model.backbone.",
        "language_model.model.", "model.language_model.", "language_model.",
    ];

    /// <summary>The name under the root <c>backbone.</c>, or that of the head or the MTP block.</summary>
    /// <param name="name">A module's name as a checkpoint or its config spells it.</param>
    /// <returns><c>backbone.…</c> (embeddings as <c>backbone.embeddings</c>), <c>lm_head</c> or <c>mtp.…</c>; a name under no
    /// known root (a vision tower's, say) is returned as it is.</returns>
    public static string Canonicalize(string name)
    {
        ArgumentNullException.ThrowIfNull(name);
        ReadOnlySpan<char> rest = name;
        bool rooted = false;
        while (TryStrip(ref rest))
        {
            rooted = true;
        }

        if (!rooted)
        {
            return name;
        }

        if (IsSibling(rest))
        {
            return rest.ToString();
        }

        foreach (string alias in EmbeddingAliases)
        {
            if (rest.SequenceEqual(alias))
            {
                return $"{Root}.embeddings";
            }
        }

        bool canonical = name.Length == Root.Length + 1 + rest.Length && IsUnder(name, Root);
        return rest.IsEmpty ? Root : canonical ? name : $"{Root}.{rest}";
    }

    /// <summary>Every way in which a checkpoint may spell a canonical name; patterns are tried on each.</summary>
    /// <param name="canonical">A name that <see cref="Canonicalize"/> returned.</param>
    /// <returns>The spellings, the canonical one among them.</returns>
    internal static IEnumerable<string> Spellings(string canonical)
    {
        bool rooted = canonical.StartsWith(Root + ".", StringComparison.Ordinal);
        if (!rooted)
        {
            yield return canonical;
        }

        if (rooted || IsSibling(canonical))
        {
            string rest = rooted ? canonical[(Root.Length + 1)..] : canonical;
            foreach (string root in KnownRoots)
            {
                yield return root + rest;
            }
        }
    }

    private static bool TryStrip(ref ReadOnlySpan<char> name)
    {
        foreach (string component in RootComponents)
        {
            if (IsUnder(name, component))
            {
                name = name.Length == component.Length ? [] : name[(component.Length + 1)..];
                return true;
            }
        }

        return false;
    }

    private static bool IsSibling(ReadOnlySpan<char> name)
    {
        foreach (string sibling in Siblings)
        {
            if (IsUnder(name, sibling))
            {
                return true;
            }
        }

        return false;
    }

    private static bool IsUnder(ReadOnlySpan<char> name, string component) =>
        name.StartsWith(component, StringComparison.Ordinal) && (name.Length == component.Length || name[component.Length] == '.');
}
