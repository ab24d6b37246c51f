using System.Text.RegularExpressions;

namespace NemotronH.Text.Templates.Syntax;

/// <summary>Cuts what stands inside one tag into tokens.</summary>
/// <param name="source">The whole template.</param>
/// <param name="tokens">Where tokens are put.</param>
internal sealed partial class TagLexer(string source, List<Token> tokens)
{
    private static readonly string[] Operators =
    [
        "//", "**", "==", "!=", ">=", "<=", "+", "-", "/", "*", "%", "~", "[", "]", "(", ")", "{", "}", ">", "<", "=", ".", ":", "|", ",", ";",
    ];

    private readonly Stack<string> _open = [];

    /// <summary>Reads up to the tag's end.</summary>
    /// <param name="at">Where to begin, behind the opening delimiter.</param>
    /// <param name="line">The line there; afterwards the line of the end.</param>
    /// <param name="isPrint">Whether <c>}}</c> ends the tag, rather than <c>%}</c>.</param>
    /// <returns>Where the text behind the tag begins.</returns>
    /// <exception cref="TemplateError">Something is no token, brackets do not match, or the tag does not end.</exception>
    public int Read(int at, ref int line, bool isPrint)
    {
        Regex end = isPrint ? PrintEnd() : TagEnd();
        while (at < source.Length)
        {
            Match match = _open.Count == 0 ? end.Match(source, at) : Match.Empty;
            if (match.Success)
            {
                tokens.Add(new(isPrint ? TokenKind.PrintEnd : TokenKind.TagEnd, "", line));
                line += match.Value.Count('\n');
                return at + match.Length;
            }

            int length = ReadToken(at, line);
            line += source.AsSpan(at, length).Count('\n');
            at += length;
        }

        throw TemplateError.At(line, $"the template ends inside a tag; expected '{(_open.TryPeek(out string? bracket) ? bracket : isPrint ? "}}" : "%}")}'");
    }

    private int ReadToken(int at, int line)
    {
        Match match = Lexeme().Match(source, at);
        if (match.Groups["space"].Success)
        {
            return match.Length;
        }

        if (match.Success)
        {
            tokens.Add(Literal(match, line));
            return match.Length;
        }

        string spelling = Operators.FirstOrDefault(candidate => string.CompareOrdinal(source, at, candidate, 0, candidate.Length) == 0)
            ?? throw TemplateError.At(line, source[at] is '\'' or '"' ? "a string does not end" : $"unexpected character '{source[at]}'");
        Balance(spelling, line);
        tokens.Add(new(TokenKind.Operator, spelling, line));
        return spelling.Length;
    }

    private static Token Literal(Match match, int line)
    {
        string value = match.Value;
        return match.Groups["float"].Success ? new(TokenKind.Float, value.Replace("_", ""), line)
            : match.Groups["integer"].Success ? new(TokenKind.Integer, value, line)
            : match.Groups["name"].Success ? new(TokenKind.Name, value, line)
            : new(TokenKind.Text, StringLiteral.Unescape(value[1..^1], line), line);
    }

    private void Balance(string bracket, int line)
    {
        string? closing = bracket switch { "(" => ")", "[" => "]", "{" => "}", _ => null };
        if (closing is not null)
        {
            _open.Push(closing);
        }
        else if (bracket is ")" or "]" or "}" && !(_open.TryPop(out string? expected) && expected == bracket))
        {
            throw TemplateError.At(line, $"unexpected '{bracket}'");
        }
    }

    [GeneratedRegex(@"\G(-\}\}[\s\x1C-\x1F]*|\}\})", RegexOptions.ExplicitCapture)]
    private static partial Regex PrintEnd();

    [GeneratedRegex(@"\G(\+%\}|-%\}[\s\x1C-\x1F]*|%\}\n?)", RegexOptions.ExplicitCapture)]
    private static partial Regex TagEnd();

    [GeneratedRegex("""
        \G(
          (?<space>[\s\x1C-\x1F]+)
        | (?<float>(?<!\.)([0-9]+_)*[0-9]+((\.([0-9]+_)*[0-9]+)?[eE][+-]?([0-9]+_)*[0-9]+|\.([0-9]+_)*[0-9]+))
        | (?<integer>0[bB](_?[01])+|0[oO](_?[0-7])+|0[xX](_?[0-9a-fA-F])+|[1-9](_?[0-9])*|0(_?0)*)
        | (?<name>[\w-[0-9]]\w*)
        | (?<text>'[^'\\]*(\\.[^'\\]*)*'|"[^"\\]*(\\.[^"\\]*)*")
        )
        """, RegexOptions.ExplicitCapture | RegexOptions.IgnorePatternWhitespace | RegexOptions.Singleline)]
    private static partial Regex Lexeme();
}
