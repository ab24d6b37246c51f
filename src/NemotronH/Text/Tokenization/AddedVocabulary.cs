namespace NemotronH.Text.Tokenization;

/// <summary>Finds added tokens in text as Hugging Face does: those marked as not normalised first, the others in what is left.</summary>
/// <remarks>The two passes differ even without a normaliser: a token of the first wins over a longer one of the second.</remarks>
internal sealed class AddedVocabulary(IReadOnlyCollection<AddedToken> tokens)
{
    private readonly AddedTokenMatcher _verbatim = new(tokens.Where(token => !token.Normalized));
    private readonly AddedTokenMatcher _normalized = new(tokens.Where(token => token.Normalized));

    /// <summary>Cuts text into added tokens and what lies between them.</summary>
    /// <param name="text">Valid UTF-16.</param>
    /// <returns>The pieces in order, none of them empty.</returns>
    public List<TextPiece> Split(string text)
    {
        List<TextPiece> first = [];
        _verbatim.Split(text.AsMemory(), first);
        List<TextPiece> pieces = [];
        foreach (TextPiece piece in first)
        {
            if (piece.TokenId is null)
            {
                _normalized.Split(piece.Text, pieces);
            }
            else
            {
                pieces.Add(piece);
            }
        }

        return pieces;
    }
}
