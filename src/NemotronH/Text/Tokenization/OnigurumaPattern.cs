using System.Text;

namespace NemotronH.Text.Tokenization;

/// <summary>A regular expression as tokenizer.json writes it, and in .NET's syntax.</summary>
/// <param name="Source">The expression as written.</param>
/// <param name="DotNet">The expression for .NET.</param>
/// <param name="Named">Characters that the expression names, alone or in ranges.</param>
internal sealed record OnigurumaPattern(string Source, string DotNet, IReadOnlyList<CharRange> Named)
{
    /// <summary>Translates an expression.</summary>
    /// <exception cref="TokenizerException">It uses a construct that is not supported.</exception>
    public static OnigurumaPattern Translate(string source) => new OnigurumaTranslator(source).Translate();

    /// <summary>The expression that matches a text and nothing else.</summary>
    /// <exception cref="TokenizerException">The text has characters beyond U+FFFF.</exception>
    public static OnigurumaPattern Literal(string text)
    {
        OnigurumaReader reader = new(text);
        StringBuilder dotNet = new();
        List<CharRange> named = [];
        while (!reader.AtEnd)
        {
            char literal = reader.ReadChar();
            dotNet.Append(OnigurumaTranslator.Escape(literal));
            named.Add(new CharRange(literal, literal));
        }

        return new OnigurumaPattern(text, dotNet.ToString(), named);
    }
}
