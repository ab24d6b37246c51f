using NemotronH.Text.Templates.Nodes;

namespace NemotronH.Text.Templates.Syntax;

/// <summary>Parses macros and the blocks that are given to them.</summary>
/// <param name="state">Where the parser is.</param>
/// <param name="expressions">Parses defaults and calls.</param>
/// <param name="statements">Parses bodies.</param>
internal sealed class MacroParser(ParserState state, ExpressionParser expressions, StatementParser statements)
{
    private TokenStream Tokens => state.Tokens;

    /// <summary>Parses <c>macro name(...) ... endmacro</c>.</summary>
    public MacroStatement ParseMacro(Token tag)
    {
        string name = Tokens.Expect(TokenKind.Name, "the macro's name").Value;
        return new(tag.Line, ParseDefinition(tag, name, ParseSignature(), "endmacro"));
    }

    /// <summary>Parses <c>call(...) name(...) ... endcall</c>.</summary>
    public CallBlockStatement ParseCall(Token tag)
    {
        List<MacroParameter> parameters = Tokens.Current.IsOperator("(") ? ParseSignature() : [];
        CallExpression call = expressions.Parse() as CallExpression
            ?? throw TemplateError.At(tag.Line, "the tag 'call' holds something else than a call");
        return new(tag.Line, call, ParseDefinition(tag, "caller", parameters, "endcall"));
    }

    private MacroDefinition ParseDefinition(Token tag, string name, List<MacroParameter> parameters, string end)
    {
        Block body = state.ParseApart(() => statements.ParseWholeBody(tag, end), out IReadOnlySet<string> names);
        return new(name, parameters, body, names);
    }

    private List<MacroParameter> ParseSignature()
    {
        List<MacroParameter> parameters = [];
        Tokens.ExpectOperator("(");
        while (!Tokens.Current.IsOperator(")"))
        {
            if (parameters.Count > 0)
            {
                Tokens.ExpectOperator(",");
            }

            Token name = Tokens.Expect(TokenKind.Name, "a parameter's name");
            Expression? whenMissing = Tokens.SkipOperator("=") ? expressions.Parse() : null;
            if (whenMissing is null && parameters.Any(parameter => parameter.Default is not null))
            {
                throw TemplateError.At(name.Line, $"the parameter '{name.Value}' has no default but follows one that has");
            }

            parameters.Add(new(name.Value, whenMissing));
        }

        Tokens.Next();
        return parameters;
    }
}
