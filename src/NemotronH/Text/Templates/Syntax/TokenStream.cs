namespace NemotronH.Text.Templates.Syntax;

/// <summary>The tokens of a template, read from the first to the last.</summary>
/// <param name="tokens">The last is <see cref="TokenKind.End"/>.</param>
internal sealed class TokenStream(IReadOnlyList<Token> tokens)
{
    private int _position;

    /// <summary>The token to be read next.</summary>
    public Token Current => tokens[_position];

    /// <summary>The token behind <see cref="Current"/>.</summary>
    public Token Following => tokens[Math.Min(_position + 1, tokens.Count - 1)];

    /// <summary>Reads a token.</summary>
    public Token Next()
    {
        Token token = Current;
        _position = Math.Min(_position + 1, tokens.Count - 1);
        return token;
    }

    /// <summary>Reads an operator, if it is the next token.</summary>
    public bool SkipOperator(string text) => Skip(Current.IsOperator(text));

    /// <summary>Reads a keyword, if it is the next token.</summary>
    public bool SkipName(string name) => Skip(Current.IsName(name));

    /// <summary>Reads an operator.</summary>
    /// <exception cref="TemplateError">The next token is another.</exception>
    public Token ExpectOperator(string text) => Current.IsOperator(text) ? Next() : throw Unexpected($"'{text}'");

    /// <summary>Reads a keyword.</summary>
    /// <exception cref="TemplateError">The next token is another.</exception>
    public Token ExpectName(string name) => Current.IsName(name) ? Next() : throw Unexpected($"'{name}'");

    /// <summary>Reads a token of a kind.</summary>
    /// <param name="kind">The kind.</param>
    /// <param name="expected">The kind in words.</param>
    /// <exception cref="TemplateError">The next token is of another kind.</exception>
    public Token Expect(TokenKind kind, string expected) => Current.Kind == kind ? Next() : throw Unexpected(expected);

    /// <summary>A complaint about the next token.</summary>
    /// <param name="expected">What should have stood there.</param>
    public TemplateError Unexpected(string expected) => TemplateError.At(Current.Line, $"unexpected {Current.Describe()}; expected {expected}");

    private bool Skip(bool isThere)
    {
        if (isThere)
        {
            Next();
        }

        return isThere;
    }
}
