using System.Text.RegularExpressions;
using NemotronH.Text.Templates.Python;

namespace NemotronH.Text.Templates.Syntax;

/// <summary>Cuts a template into tokens, as Jinja2 does with <c>trim_blocks</c> and <c>lstrip_blocks</c>.</summary>
/// <remarks>
/// So a line break directly behind a block tag or comment goes away, and so do blanks between a line's beginning and such a tag; a dash inside a
/// delimiter takes all white space on its side, a plus keeps it. One line break at the template's end is dropped.
/// </remarks>
internal sealed partial class TemplateLexer
{
    private readonly string _source;
    private readonly List<Token> _tokens = [];
    private int _at;
    private int _line = 1;
    private bool _atLineStart = true;

    private TemplateLexer(string source) => _source = source;

    /// <summary>Cuts a template into tokens, the last of which is <see cref="TokenKind.End"/>.</summary>
    /// <exception cref="TemplateError">Something is no token or does not end.</exception>
    public static List<Token> Tokenize(string source)
    {
        string normalized = source.Replace("\r\n", "\n").Replace('\r', '\n');
        TemplateLexer lexer = new(normalized.EndsWith('\n') ? normalized[..^1] : normalized);
        lexer.ReadAll();
        return lexer._tokens;
    }

    private void ReadAll()
    {
        for (Match begin = NextTag().Match(_source); begin.Success; begin = NextTag().Match(_source, _at))
        {
            ReadText(begin.Index, begin.Groups["sign"].Value, begin.Groups["kind"].Value != "{");
            Pass(begin.Length);
            switch (begin.Groups["kind"].Value)
            {
                case "#":
                    SkipComment();
                    break;
                case "{":
                    ReadTag(TokenKind.PrintBegin);
                    break;
                case "%":
                    ReadTag(TokenKind.TagBegin);
                    break;
                default:
                    ReadRaw();
                    break;
            }
        }

        Add(TokenKind.Data, _source[_at..]);
        _tokens.Add(new(TokenKind.End, "", _line));
    }

    /// <summary>Takes the text before a tag, without the white space that the tag takes away.</summary>
    private void ReadText(int end, string sign, bool takesIndentation)
    {
        string text = _source[_at..end];
        int lineStart = text.LastIndexOf('\n') + 1;
        string kept = text;
        if (sign == "-")
        {
            kept = PythonText.StripEnd(text);
        }
        else if (sign != "+" && takesIndentation && (lineStart > 0 || _atLineStart) && PythonText.StripEnd(text[lineStart..]).Length == 0)
        {
            kept = text[..lineStart];
        }

        Add(TokenKind.Data, kept);
        Pass(text.Length);
    }

    private void ReadTag(TokenKind kind)
    {
        _tokens.Add(new(kind, "", _line));
        int end = new TagLexer(_source, _tokens).Read(_at, ref _line, kind == TokenKind.PrintBegin);
        _atLineStart = _source[end - 1] == '\n';
        _at = end;
    }

    private void SkipComment()
    {
        Match end = CommentEnd().Match(_source, _at);
        Pass(end.Success ? end.Index + end.Length - _at : throw TemplateError.At(_line, "a comment does not end; expected '#}'"));
    }

    private void ReadRaw()
    {
        Match end = RawEnd().Match(_source, _at);
        if (!end.Success)
        {
            throw TemplateError.At(_line, "the tag 'raw' is not closed; expected 'endraw'");
        }

        ReadText(end.Index, end.Groups["sign"].Value, takesIndentation: true);
        Pass(end.Length);
    }

    private void Add(TokenKind kind, string value)
    {
        if (value.Length > 0)
        {
            _tokens.Add(new(kind, value, _line));
        }
    }

    private void Pass(int length)
    {
        ReadOnlySpan<char> passed = _source.AsSpan(_at, length);
        _line += passed.Count('\n');
        _atLineStart = length > 0 ? passed[^1] == '\n' : _atLineStart;
        _at += length;
    }

    [GeneratedRegex(@"\{%(?<sign>[-+]?)[\s\x1C-\x1F]*(?<kind>raw)[\s\x1C-\x1F]*(-%\}[\s\x1C-\x1F]*|%\})|\{(?<kind>[%{#])(?<sign>[-+]?)",
        RegexOptions.ExplicitCapture)]
    private static partial Regex NextTag();

    [GeneratedRegex(@"\+#\}|-#\}[\s\x1C-\x1F]*|#\}\n?")]
    private static partial Regex CommentEnd();

    [GeneratedRegex(@"\{%(?<sign>[-+]?)[\s\x1C-\x1F]*endraw[\s\x1C-\x1F]*(\+%\}|-%\}[\s\x1C-\x1F]*|%\}\n?)", RegexOptions.ExplicitCapture)]
    private static partial Regex RawEnd();
}
