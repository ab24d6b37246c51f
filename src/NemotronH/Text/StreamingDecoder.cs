using System.Text;

namespace NemotronH.Text;

/// <summary>Decodes tokens one by one into text, which is given out as soon as its characters are complete.</summary>
/// <remarks>
/// All that is given out, put together, is what <see cref="Tokenizer.Decode"/> gives for all the ids. No piece ends inside a character, and
/// U+FFFD appears only for bytes that no further token can complete. A decoder serves one text on one thread.
/// </remarks>
/// <param name="tokenizer">Whose tokens.</param>
/// <param name="skipSpecialTokens">Whether to leave out the tokens of <see cref="Tokenizer.SpecialTokenIds"/>.</param>
public sealed class StreamingDecoder(Tokenizer tokenizer, bool skipSpecialTokens)
{
    private readonly Decoder _utf8 = new UTF8Encoding().GetDecoder();

    /// <summary>Takes the next token.</summary>
    /// <param name="id">Token id.</param>
    /// <returns>The characters it completes; often none, where a character is spread over tokens.</returns>
    public string Append(int id) => Read(tokenizer.BytesOf(id, skipSpecialTokens), flush: false);

    /// <summary>Ends the text.</summary>
    /// <returns>U+FFFD for a character of which only the beginning came; otherwise nothing.</returns>
    public string Flush() => Read([], flush: true);

    private string Read(ReadOnlySpan<byte> bytes, bool flush)
    {
        char[] text = new char[_utf8.GetCharCount(bytes, flush)];
        int count = _utf8.GetChars(bytes, text, flush);
        return new string(text, 0, count);
    }
}
