namespace NemotronH.Text.Tokenization;

/// <summary>Puts a space before text that does not begin with one (ByteLevel's <c>add_prefix_space</c>).</summary>
internal sealed class PrefixSpace : IPreTokenizer
{
    public void PreTokenize(ReadOnlyMemory<char> text, List<ReadOnlyMemory<char>> pieces) =>
        pieces.Add(text.Span[0] == ' ' ? text : $" {text.Span}".AsMemory());
}
