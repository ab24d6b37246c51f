namespace NemotronH.Text.Tokenization;

/// <summary>Cuts text into the pieces that no merge crosses.</summary>
internal interface IPreTokenizer
{
    /// <summary>Appends the pieces of a text, in order and none of them empty.</summary>
    /// <param name="text">Valid UTF-16, not empty.</param>
    /// <param name="pieces">Where to append.</param>
    void PreTokenize(ReadOnlyMemory<char> text, List<ReadOnlyMemory<char>> pieces);
}
