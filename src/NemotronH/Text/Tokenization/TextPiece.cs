namespace NemotronH.Text.Tokenization;

/// <summary>A stretch of text, or an added token found between two such.</summary>
/// <param name="Text">The text; empty for a token.</param>
/// <param name="TokenId">The token's id, or <see langword="null"/>.</param>
internal readonly record struct TextPiece(ReadOnlyMemory<char> Text, int? TokenId);
