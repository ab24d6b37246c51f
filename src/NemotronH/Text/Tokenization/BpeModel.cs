namespace NemotronH.Text.Tokenization;

/// <summary>A byte-level BPE model: its tokens and the pairs that merge.</summary>
internal sealed class BpeModel
{
    /// <summary>Ids of the tokens, as written in the byte-level alphabet.</summary>
    public required Dictionary<string, int> Vocabulary { get; init; }

    /// <summary>What each pair that merges becomes, and in which order.</summary>
    public required Dictionary<TokenPair, Merge> Merges { get; init; }

    /// <summary>Whether a pre-token that is itself in the vocabulary is taken whole, unreachable by merges or not.</summary>
    public required bool IgnoreMerges { get; init; }

    /// <summary>Id of each byte's own token: the unknown token where the byte has none, −1 where there is no such either.</summary>
    public required int[] ByteIds { get; init; }
}

/// <summary>Two adjacent tokens.</summary>
internal readonly record struct TokenPair(int Left, int Right);

/// <summary>A merge rule.</summary>
/// <param name="Rank">Position in the list of merges: the lowest goes first.</param>
/// <param name="Id">Token that replaces the pair.</param>
internal readonly record struct Merge(int Rank, int Id);
