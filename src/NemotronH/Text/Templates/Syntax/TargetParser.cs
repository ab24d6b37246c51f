using NemotronH.Text.Templates.Nodes;

namespace NemotronH.Text.Templates.Syntax;

/// <summary>Parses what values are assigned to.</summary>
/// <param name="state">Where the parser is.</param>
internal sealed class TargetParser(ParserState state)
{
    private TokenStream Tokens => state.Tokens;

    /// <summary>Parses the variables of a loop, up to <c>in</c>.</summary>
    public AssignmentTarget ParseForLoop() => ParseSeveral(isInLoop: true, withNamespace: false);

    /// <summary>Parses what <c>set</c> assigns to: variables, or members of namespaces.</summary>
    public AssignmentTarget ParseSet() => ParseSeveral(state.Loops > 0, withNamespace: true);

    /// <summary>Parses a variable of <c>with</c>.</summary>
    public AssignmentTarget ParseWith() => ParseOne(isInLoop: false, withNamespace: false);

    private AssignmentTarget ParseSeveral(bool isInLoop, bool withNamespace)
    {
        List<AssignmentTarget> targets = [ParseOne(isInLoop, withNamespace)];
        bool isTuple = false;
        while (Tokens.SkipOperator(","))
        {
            isTuple = true;
            if (Tokens.Current.IsOperator(")"))
            {
                break;
            }

            targets.Add(ParseOne(isInLoop, withNamespace));
        }

        return isTuple ? new TupleTarget(targets) : targets[0];
    }

    private AssignmentTarget ParseOne(bool isInLoop, bool withNamespace)
    {
        if (Tokens.SkipOperator("("))
        {
            AssignmentTarget inner = state.Nest(() => ParseSeveral(isInLoop, withNamespace));
            Tokens.ExpectOperator(")");
            return inner;
        }

        Token name = Tokens.Expect(TokenKind.Name, "a variable's name");
        if (withNamespace && Tokens.SkipOperator("."))
        {
            return new NamespaceTarget(name.Value, Tokens.Expect(TokenKind.Name, "a name").Value);
        }

        Check(name, isInLoop);
        return new NameTarget(name.Value);
    }

    private static void Check(Token name, bool isInLoop)
    {
        if (name.Value is "true" or "True" or "false" or "False" or "none" or "None" || (isInLoop && name.Value == "loop"))
        {
            throw TemplateError.At(name.Line, $"can't assign to '{name.Value}'");
        }
    }
}
