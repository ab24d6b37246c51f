using NemotronH.Text.Templates.Nodes;

namespace NemotronH.Text.Templates.Syntax;

/// <summary>Parses expressions by the binding power of their operators, which are Jinja2's, not Python's: <c>**</c> binds to the left.</summary>
/// <param name="state">Where the parser is.</param>
internal sealed class ExpressionParser(ParserState state)
{
    private const int OrPower = 1;
    private const int AndPower = 2;
    private const int NotPower = 3;
    private const int ComparisonPower = 4;
    private const int SumPower = 5;
    private const int ConcatenationPower = 6;
    private const int ProductPower = 7;
    private const int ExponentPower = 8;

    private readonly PrimaryParser _primary = new(state);

    private TokenStream Tokens => state.Tokens;

    /// <summary>Parses an expression.</summary>
    /// <param name="withConditional">Whether <c>a if b else c</c> may stand here; behind <c>in</c> of a loop it may not.</param>
    public Expression Parse(bool withConditional = true) => state.Nest(() => withConditional ? ParseConditional() : ParseOperation(OrPower));

    /// <summary>Parses an expression, or several with commas between them, which make a tuple.</summary>
    /// <param name="withConditional">Whether <c>a if b else c</c> may stand here.</param>
    /// <param name="endName">A keyword that also ends the tuple.</param>
    /// <param name="isInParentheses">Whether the tuple may be empty.</param>
    public Expression ParseTuple(bool withConditional = true, string? endName = null, bool isInParentheses = false)
    {
        int line = Tokens.Current.Line;
        List<Expression> items = [];
        bool isTuple = false;
        while (!IsTupleEnd(endName))
        {
            items.Add(Parse(withConditional));
            if (!Tokens.SkipOperator(","))
            {
                break;
            }

            isTuple = true;
        }

        return isTuple || (items.Count == 0 && isInParentheses)
            ? new TupleExpression(line, items)
            : items.Count == 1 ? items[0] : throw Tokens.Unexpected("an expression");
    }

    /// <summary>Parses filters behind a value, as in <c>| a | b(c)</c>.</summary>
    /// <param name="operand">What is filtered; <see langword="null"/> for a block.</param>
    /// <param name="startsInside">Whether the first filter's bar has been left out.</param>
    public Expression? ParseFilters(Expression? operand, bool startsInside = false)
    {
        while (startsInside || Tokens.SkipOperator("|"))
        {
            startsInside = false;
            Token name = Tokens.Expect(TokenKind.Name, "a filter's name");
            operand = new FilterExpression(name.Line, operand, DottedName(name), Tokens.Current.IsOperator("(") ? ParseArguments() : ArgumentList.Empty);
        }

        return operand;
    }

    /// <summary>Parses arguments in parentheses.</summary>
    public ArgumentList ParseArguments() => new ArgumentParser(state, this).Parse();

    private bool IsTupleEnd(string? endName) =>
        Tokens.Current.Kind is TokenKind.PrintEnd or TokenKind.TagEnd || Tokens.Current.IsOperator(")") || (endName is not null && Tokens.Current.IsName(endName));

    private Expression ParseConditional()
    {
        Expression value = ParseOperation(OrPower);
        while (Tokens.Current.IsName("if"))
        {
            int line = Tokens.Next().Line;
            Expression condition = ParseOperation(OrPower);
            Expression? otherwise = Tokens.SkipName("else") ? state.Nest(ParseConditional) : null;
            value = new ConditionalExpression(line, condition, value, otherwise);
        }

        return value;
    }

    /// <summary>Parses operators that bind at least as tightly as the given power.</summary>
    private Expression ParseOperation(int power)
    {
        Expression left = power <= NotPower && Tokens.Current.IsName("not")
            ? new NotExpression(Tokens.Next().Line, state.Nest(() => ParseOperation(NotPower)))
            : ParseSigned(withFilters: true);
        while (CurrentOperator() is var (operation, found) && found >= power)
        {
            int line = Tokens.Current.Line;
            left = found switch
            {
                ComparisonPower => ParseComparison(left, line),
                ConcatenationPower => ParseConcatenation(left, line),
                OrPower or AndPower => new LogicalExpression(line, found == AndPower, left, ParseRight(found)),
                _ => new ArithmeticExpression(line, operation, left, ParseRight(found)),
            };
        }

        return left;
    }

    private Expression ParseRight(int power)
    {
        Tokens.Next();
        return ParseOperation(power + 1);
    }

    private ComparisonExpression ParseComparison(Expression first, int line)
    {
        List<KeyValuePair<string, Expression>> rest = [];
        while (CurrentOperator() is (var comparison, ComparisonPower))
        {
            Tokens.Next();
            if (comparison == "not in")
            {
                Tokens.Next();
            }

            rest.Add(new(comparison, ParseOperation(SumPower)));
        }

        return new(line, first, rest);
    }

    private ConcatenationExpression ParseConcatenation(Expression first, int line)
    {
        List<Expression> parts = [first];
        while (Tokens.SkipOperator("~"))
        {
            parts.Add(ParseOperation(ProductPower));
        }

        return new(line, parts);
    }

    /// <summary>The operator that comes next and its power; power 0 where there is none.</summary>
    private (string Operator, int Power) CurrentOperator() => Tokens.Current switch
    {
        { Kind: TokenKind.Operator, Value: var value } => (value, value switch
        {
            "==" or "!=" or "<" or "<=" or ">" or ">=" => ComparisonPower,
            "+" or "-" => SumPower,
            "~" => ConcatenationPower,
            "*" or "/" or "//" or "%" => ProductPower,
            "**" => ExponentPower,
            _ => 0,
        }),
        { Kind: TokenKind.Name, Value: "or" } => ("or", OrPower),
        { Kind: TokenKind.Name, Value: "and" } => ("and", AndPower),
        { Kind: TokenKind.Name, Value: "in" } => ("in", ComparisonPower),
        { Kind: TokenKind.Name, Value: "not" } when Tokens.Following.IsName("in") => ("not in", ComparisonPower),
        _ => ("", 0),
    };

    private Expression ParseSigned(bool withFilters)
    {
        Token token = Tokens.Current;
        Expression value = token.IsOperator("-") || token.IsOperator("+")
            ? new SignExpression(token.Line, Tokens.Next().Value, state.Nest(() => ParseSigned(withFilters: false)))
            : _primary.Parse(this);
        value = _primary.ParsePostfix(value, this);
        return withFilters ? ParseFiltersAndTests(value) : value;
    }

    private Expression ParseFiltersAndTests(Expression value)
    {
        while (true)
        {
            if (Tokens.Current.IsOperator("|"))
            {
                value = ParseFilters(value)!;
            }
            else if (Tokens.Current.IsName("is"))
            {
                value = ParseTest(value);
            }
            else if (Tokens.Current.IsOperator("("))
            {
                value = new CallExpression(Tokens.Current.Line, value, ParseArguments());
            }
            else
            {
                return value;
            }
        }
    }

    private Expression ParseTest(Expression value)
    {
        int line = Tokens.Next().Line;
        bool isNegated = Tokens.SkipName("not");
        string name = DottedName(Tokens.Expect(TokenKind.Name, "a test's name"));
        TestExpression test = new(line, value, name, ParseTestArguments());
        return isNegated ? new NotExpression(line, test) : test;
    }

    /// <summary>A test's argument may stand without parentheses: <c>a is divisibleby 3</c>.</summary>
    private ArgumentList ParseTestArguments()
    {
        Token token = Tokens.Current;
        if (token.IsOperator("("))
        {
            return ParseArguments();
        }

        if (token.IsName("is"))
        {
            throw TemplateError.At(token.Line, "tests cannot be chained with 'is'");
        }

        bool isOperand = token.IsOperator("[") || token.IsOperator("{") || token.Kind is TokenKind.Text or TokenKind.Integer or TokenKind.Float
            || (token.Kind == TokenKind.Name && token.Value is not ("else" or "or" or "and"));
        return isOperand
            ? new ArgumentList([_primary.ParsePostfix(_primary.Parse(this), this)], [])
            : ArgumentList.Empty;
    }

    private string DottedName(Token first)
    {
        string name = first.Value;
        while (Tokens.SkipOperator("."))
        {
            name += "." + Tokens.Expect(TokenKind.Name, "a name").Value;
        }

        return name;
    }
}
