using NemotronH.Text.Templates.Nodes;

namespace NemotronH.Text.Templates.Syntax;

/// <summary>Parses the arguments of calls, filters and tests.</summary>
/// <param name="state">Where the parser is.</param>
/// <param name="expressions">Parses the arguments.</param>
internal sealed class ArgumentParser(ParserState state, ExpressionParser expressions)
{
    private readonly List<Expression> _positional = [];
    private readonly List<KeyValuePair<string, Expression>> _named = [];
    private Expression? _spread;
    private Expression? _namedSpread;

    private TokenStream Tokens => state.Tokens;

    /// <summary>Parses arguments with their parentheses.</summary>
    /// <exception cref="TemplateError">They are malformed or in the wrong order.</exception>
    public ArgumentList Parse()
    {
        int line = Tokens.ExpectOperator("(").Line;
        while (!Tokens.SkipOperator(")"))
        {
            ParseOne(line);
            if (!Tokens.Current.IsOperator(")"))
            {
                Tokens.ExpectOperator(",");
            }
        }

        return new(_positional, _named, _spread, _namedSpread);
    }

    private void ParseOne(int line)
    {
        if (Tokens.SkipOperator("*"))
        {
            Require(_spread is null && _namedSpread is null, line);
            _spread = expressions.Parse();
        }
        else if (Tokens.SkipOperator("**"))
        {
            Require(_namedSpread is null, line);
            _namedSpread = expressions.Parse();
        }
        else if (Tokens.Current.Kind == TokenKind.Name && Tokens.Following.IsOperator("="))
        {
            Require(_namedSpread is null, line);
            string name = Tokens.Next().Value;
            Tokens.Next();
            _named.Add(new(name, expressions.Parse()));
        }
        else
        {
            Require(_spread is null && _namedSpread is null && _named.Count == 0, line);
            _positional.Add(expressions.Parse());
        }
    }

    private static void Require(bool isInOrder, int line)
    {
        if (!isInOrder)
        {
            throw TemplateError.At(line, "a call has its arguments in the wrong order; expected positional ones, named ones, *list, **mapping");
        }
    }
}
