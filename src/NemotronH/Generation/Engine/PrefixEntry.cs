namespace NemotronH.Generation;

/// <summary>A beginning of some prompt, or of a prompt and its answer, from which another sequence can go on.</summary>
/// <param name="Tokens">Its tokens.</param>
/// <param name="Pages">The attention pages that hold their keys and values.</param>
/// <param name="Snapshot">The Mamba states behind its last token.</param>
internal sealed record PrefixEntry(int[] Tokens, int[] Pages, int Snapshot)
{
    /// <summary>Whether it goes before others do, as one close to it remains.</summary>
    public bool Expendable { get; set; }

    /// <summary>When it was last of use, by the cache's own count.</summary>
    public long LastUse { get; set; }
}
