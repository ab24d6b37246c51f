using NemotronH.Text.Templates.Nodes;

namespace NemotronH.Text.Templates.Syntax;

/// <summary>Parses a template: text, printed expressions and tags.</summary>
internal sealed class StatementParser
{
    private readonly ParserState _state;
    private readonly ExpressionParser _expressions;
    private readonly TargetParser _targets;
    private readonly MacroParser _macros;

    private StatementParser(ParserState state)
    {
        _state = state;
        _expressions = new(state);
        _targets = new(state);
        _macros = new(state, _expressions, this);
    }

    private TokenStream Tokens => _state.Tokens;

    /// <summary>Parses a template.</summary>
    /// <exception cref="TemplateError">It is malformed, or uses what is not supported.</exception>
    public static Block Parse(string source)
    {
        StatementParser parser = new(new ParserState(new TokenStream(TemplateLexer.Tokenize(source))));
        return parser.ParseUntil(null);
    }

    /// <summary>Parses a tag's body.</summary>
    /// <param name="tag">The tag that opened it.</param>
    /// <param name="ends">The tags that may end it; afterwards the name of the one that did comes next.</param>
    public Block ParseBody(Token tag, params string[] ends)
    {
        Tokens.SkipOperator(":");
        Tokens.Expect(TokenKind.TagEnd, "'%}'");
        return ParseUntil(tag, ends);
    }

    /// <summary>Parses a tag's body up to and including the one tag that ends it.</summary>
    public Block ParseWholeBody(Token tag, string end)
    {
        Block body = ParseBody(tag, end);
        Tokens.Next();
        return body;
    }

    private Block ParseUntil(Token? tag, params string[] ends)
    {
        List<Statement> statements = [];
        while (true)
        {
            Token token = Tokens.Next();
            switch (token.Kind)
            {
                case TokenKind.Data:
                    statements.Add(new TextStatement(token.Line, token.Value));
                    break;
                case TokenKind.PrintBegin:
                    statements.Add(new PrintStatement(token.Line, _expressions.ParseTuple()));
                    Tokens.Expect(TokenKind.PrintEnd, "'}}'");
                    break;
                case TokenKind.TagBegin when Tokens.Current.Kind == TokenKind.Name && ends.Contains(Tokens.Current.Value):
                    return new Block(statements);
                case TokenKind.TagBegin:
                    statements.AddRange(_state.Nest(ParseTag));
                    Tokens.Expect(TokenKind.TagEnd, "'%}'");
                    break;
                default:
                    return tag is null
                        ? new Block(statements)
                        : throw TemplateError.At(tag.Value.Line, $"the tag '{tag.Value.Value}' is not closed; expected {string.Join(" or ", ends.Select(end => $"'{end}'"))}");
            }
        }
    }

    private IEnumerable<Statement> ParseTag()
    {
        Token tag = Tokens.Expect(TokenKind.Name, "a tag's name");
        return tag.Value == "print" ? ParsePrint(tag) : [ParseTag(tag)];
    }

    private Statement ParseTag(Token tag) => tag.Value switch
    {
        "if" => ParseIf(tag),
        "for" => ParseFor(tag),
        "set" => ParseSet(tag),
        "with" => ParseWith(tag),
        "macro" => _macros.ParseMacro(tag),
        "call" => _macros.ParseCall(tag),
        "filter" => new FilterStatement(
            tag.Line, (FilterExpression)_expressions.ParseFilters(null, startsInside: true)!, ParseWholeBody(tag, "endfilter")),
        "generation" => new GenerationStatement(tag.Line, _state.ParseApart(() => ParseWholeBody(tag, "endgeneration"), out _)),
        "break" => ParseLeave(tag, Flow.Break),
        "continue" => ParseLeave(tag, Flow.Continue),
        "autoescape" or "block" or "extends" or "from" or "import" or "include" =>
            throw TemplateError.At(tag.Line, $"the tag '{tag.Value}' is not supported"),
        _ => throw TemplateError.At(tag.Line, $"unknown tag '{tag.Value}'"),
    };

    private List<Statement> ParsePrint(Token tag)
    {
        List<Statement> prints = [];
        while (Tokens.Current.Kind != TokenKind.TagEnd)
        {
            if (prints.Count > 0)
            {
                Tokens.ExpectOperator(",");
            }

            prints.Add(new PrintStatement(tag.Line, _expressions.Parse()));
        }

        return prints;
    }

    private IfStatement ParseIf(Token tag)
    {
        List<KeyValuePair<Expression, Block>> branches = [];
        Token next = tag;
        do
        {
            Expression condition = _expressions.ParseTuple(withConditional: false);
            branches.Add(new(condition, ParseBody(tag, "elif", "else", "endif")));
            next = Tokens.Next();
        }
        while (next.IsName("elif"));
        return new(tag.Line, branches, next.IsName("else") ? ParseWholeBody(next, "endif") : Block.Empty);
    }

    private ForStatement ParseFor(Token tag)
    {
        AssignmentTarget target = _targets.ParseForLoop();
        Tokens.ExpectName("in");
        Expression iterable = _expressions.ParseTuple(withConditional: false, endName: "recursive");
        Expression? condition = Tokens.SkipName("if") ? _expressions.Parse() : null;
        bool isRecursive = Tokens.SkipName("recursive");
        _state.Loops++;
        Block body = ParseBody(tag, "endfor", "else");
        _state.Loops--;
        Token end = Tokens.Next();
        Block otherwise = end.IsName("else") ? ParseWholeBody(end, "endfor") : Block.Empty;
        return new(tag.Line, target, iterable, condition, isRecursive, body, otherwise);
    }

    private Statement ParseSet(Token tag)
    {
        AssignmentTarget target = _targets.ParseSet();
        if (Tokens.SkipOperator("="))
        {
            return new SetStatement(tag.Line, target, _expressions.ParseTuple());
        }

        FilterExpression? filter = (FilterExpression?)_expressions.ParseFilters(null);
        return new SetBlockStatement(tag.Line, target, filter, ParseWholeBody(tag, "endset"));
    }

    private WithStatement ParseWith(Token tag)
    {
        List<KeyValuePair<AssignmentTarget, Expression>> variables = [];
        while (Tokens.Current.Kind != TokenKind.TagEnd)
        {
            if (variables.Count > 0)
            {
                Tokens.ExpectOperator(",");
            }

            AssignmentTarget target = _targets.ParseWith();
            Tokens.ExpectOperator("=");
            variables.Add(new(target, _expressions.Parse()));
        }

        return new(tag.Line, variables, ParseWholeBody(tag, "endwith"));
    }

    private LeaveStatement ParseLeave(Token tag, Flow flow) => _state.Loops > 0
        ? new(tag.Line, flow)
        : throw TemplateError.At(tag.Line, $"the tag '{tag.Value}' stands outside of loops");
}
