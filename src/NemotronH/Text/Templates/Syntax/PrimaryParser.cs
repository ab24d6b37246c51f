using System.Globalization;
using System.Text;
using NemotronH.Text.Templates.Nodes;
using NemotronH.Text.Templates.Python;
using NemotronH.Text.Templates.Values;

namespace NemotronH.Text.Templates.Syntax;

/// <summary>Parses what operators work on: literals, variables, parentheses, and what is done to them with dots, brackets and calls.</summary>
/// <param name="state">Where the parser is.</param>
internal sealed class PrimaryParser(ParserState state)
{
    private TokenStream Tokens => state.Tokens;

    /// <summary>Parses a literal, a variable or an expression in brackets.</summary>
    public Expression Parse(ExpressionParser expressions)
    {
        Token token = Tokens.Current;
        return token switch
        {
            { Kind: TokenKind.Name } => ParseName(Tokens.Next()),
            { Kind: TokenKind.Text } => ParseText(token.Line),
            { Kind: TokenKind.Integer } => new ConstantExpression(token.Line, ParseInteger(Tokens.Next())),
            { Kind: TokenKind.Float } => new ConstantExpression(
                token.Line, new FloatValue(double.Parse(Tokens.Next().Value, NumberStyles.Float, CultureInfo.InvariantCulture))),
            _ when Tokens.SkipOperator("(") => ParseParentheses(expressions),
            _ when Tokens.SkipOperator("[") => ParseList(token.Line, expressions),
            _ when Tokens.SkipOperator("{") => ParseDict(token.Line, expressions),
            _ => throw Tokens.Unexpected("an expression"),
        };
    }

    /// <summary>Parses attributes, elements and calls behind a value.</summary>
    public Expression ParsePostfix(Expression value, ExpressionParser expressions)
    {
        while (Tokens.Current is { Kind: TokenKind.Operator } token)
        {
            switch (token.Value)
            {
                case ".":
                    value = ParseAttribute(value);
                    break;
                case "[":
                    value = ParseElement(value, expressions);
                    break;
                case "(":
                    value = new CallExpression(token.Line, value, expressions.ParseArguments());
                    break;
                default:
                    return value;
            }
        }

        return value;
    }

    private Expression ParseName(Token name)
    {
        TemplateValue? constant = name.Value switch
        {
            "true" or "True" => BooleanValue.True,
            "false" or "False" => BooleanValue.False,
            "none" or "None" => NoneValue.Instance,
            _ => null,
        };
        if (constant is not null)
        {
            return new ConstantExpression(name.Line, constant);
        }

        state.Names.Add(name.Value);
        return new NameExpression(name.Line, name.Value);
    }

    private ConstantExpression ParseText(int line)
    {
        StringBuilder text = new();
        while (Tokens.Current.Kind == TokenKind.Text)
        {
            text.Append(Tokens.Next().Value);
        }

        return new(line, new StringValue(text.ToString()));
    }

    private static IntegerValue ParseInteger(Token token) => Numbers.Parse(token.Value, 0) is { } value
        ? new(value)
        : throw TemplateError.At(token.Line, $"an integer has more than {Numbers.MaxDigits} digits, the limit");

    private Expression ParseParentheses(ExpressionParser expressions)
    {
        Expression inner = expressions.ParseTuple(isInParentheses: true);
        Tokens.ExpectOperator(")");
        return inner;
    }

    private ListExpression ParseList(int line, ExpressionParser expressions)
    {
        List<Expression> items = [];
        while (!Tokens.SkipOperator("]"))
        {
            items.Add(expressions.Parse());
            if (!Tokens.Current.IsOperator("]"))
            {
                Tokens.ExpectOperator(",");
            }
        }

        return new(line, items);
    }

    private DictExpression ParseDict(int line, ExpressionParser expressions)
    {
        List<KeyValuePair<Expression, Expression>> entries = [];
        while (!Tokens.SkipOperator("}"))
        {
            Expression key = expressions.Parse();
            Tokens.ExpectOperator(":");
            entries.Add(new(key, expressions.Parse()));
            if (!Tokens.Current.IsOperator("}"))
            {
                Tokens.ExpectOperator(",");
            }
        }

        return new(line, entries);
    }

    private Expression ParseAttribute(Expression value)
    {
        int line = Tokens.Next().Line;
        return Tokens.Current.Kind switch
        {
            TokenKind.Name => new AttributeExpression(line, value, Tokens.Next().Value),
            TokenKind.Integer => new ElementExpression(line, value, new ConstantExpression(line, ParseInteger(Tokens.Next()))),
            _ => throw Tokens.Unexpected("a name or number"),
        };
    }

    private Expression ParseElement(Expression value, ExpressionParser expressions)
    {
        int line = Tokens.Next().Line;
        Expression? start = Tokens.Current.IsOperator(":") ? null : expressions.Parse();
        if (Tokens.SkipOperator(":"))
        {
            Expression? stop = ParseBound(expressions);
            Expression? step = Tokens.SkipOperator(":") ? ParseBound(expressions) : null;
            Tokens.ExpectOperator("]");
            return new SliceExpression(line, value, start, stop, step);
        }

        List<Expression> keys = [start!];
        while (Tokens.SkipOperator(","))
        {
            keys.Add(expressions.Parse());
        }

        Tokens.ExpectOperator("]");
        return new ElementExpression(line, value, keys.Count == 1 ? keys[0] : new TupleExpression(line, keys));
    }

    private Expression? ParseBound(ExpressionParser expressions) =>
        Tokens.Current.IsOperator(":") || Tokens.Current.IsOperator("]") ? null : expressions.Parse();
}
