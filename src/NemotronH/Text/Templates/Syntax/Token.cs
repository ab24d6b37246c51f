namespace NemotronH.Text.Templates.Syntax;

/// <summary>What a token is.</summary>
internal enum TokenKind
{
    /// <summary>Text between tags.</summary>
    Data,

    /// <summary><c>{{</c></summary>
    PrintBegin,

    /// <summary><c>}}</c></summary>
    PrintEnd,

    /// <summary><c>{%</c></summary>
    TagBegin,

    /// <summary><c>%}</c></summary>
    TagEnd,

    Name,
    Text,
    Integer,
    Float,
    Operator,

    /// <summary>The template's end.</summary>
    End,
}

/// <summary>A smallest part of a template.</summary>
/// <param name="Kind">What it is.</param>
/// <param name="Value">Its spelling; of a text literal what it means.</param>
/// <param name="Line">Where it begins, from 1.</param>
internal readonly record struct Token(TokenKind Kind, string Value, int Line)
{
    /// <summary>Whether this is the given name or keyword.</summary>
    public bool IsName(string name) => Kind == TokenKind.Name && Value == name;

    /// <summary>Whether this is the given operator or bracket.</summary>
    public bool IsOperator(string text) => Kind == TokenKind.Operator && Value == text;

    /// <summary>The token in words.</summary>
    public string Describe() => Kind switch
    {
        TokenKind.Data => "text",
        TokenKind.PrintBegin => "'{{'",
        TokenKind.PrintEnd => "'}}'",
        TokenKind.TagBegin => "'{%'",
        TokenKind.TagEnd => "'%}'",
        TokenKind.Text => "a string",
        TokenKind.End => "the end of the template",
        _ => $"'{Value}'",
    };
}
