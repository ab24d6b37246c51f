using NemotronH.Text.Templates.Python;
using NemotronH.Text.Templates.Rendering;
using NemotronH.Text.Templates.Values;

namespace NemotronH.Text.Templates.Nodes;

/// <summary><c>a + b</c> and the other arithmetic operators.</summary>
internal sealed class ArithmeticExpression(int line, string operation, Expression left, Expression right) : Expression(line)
{
    /// <inheritdoc/>
    protected override TemplateValue Compute(Frame frame) =>
        Arithmetic.Apply(operation, left.Evaluate(frame), right.Evaluate(frame), frame.Context);
}

/// <summary><c>-a</c> and <c>+a</c>.</summary>
internal sealed class SignExpression(int line, string sign, Expression operand) : Expression(line)
{
    /// <inheritdoc/>
    protected override TemplateValue Compute(Frame frame) => Arithmetic.ApplySign(sign, operand.Evaluate(frame));
}

/// <summary><c>a ~ b ~ c</c>: the texts of values, joined.</summary>
internal sealed class ConcatenationExpression(int line, IReadOnlyList<Expression> parts) : Expression(line)
{
    /// <inheritdoc/>
    protected override TemplateValue Compute(Frame frame)
    {
        string[] texts = [.. parts.Select(part => PythonText.Str(part.Evaluate(frame), frame.Context))];
        frame.Budget.SpendText(texts.Sum(text => (long)text.Length));
        return new StringValue(string.Concat(texts));
    }
}

/// <summary><c>not a</c>.</summary>
internal sealed class NotExpression(int line, Expression operand) : Expression(line)
{
    /// <inheritdoc/>
    protected override TemplateValue Compute(Frame frame) => BooleanValue.Of(!Truth.Of(operand.Evaluate(frame)));
}

/// <summary><c>a and b</c>, <c>a or b</c>: the value of the side that decides.</summary>
internal sealed class LogicalExpression(int line, bool isAnd, Expression left, Expression right) : Expression(line)
{
    /// <inheritdoc/>
    protected override TemplateValue Compute(Frame frame)
    {
        TemplateValue first = left.Evaluate(frame);
        return Truth.Of(first) == isAnd ? right.Evaluate(frame) : first;
    }
}

/// <summary><c>a if b else c</c>.</summary>
internal sealed class ConditionalExpression(int line, Expression condition, Expression whenTrue, Expression? whenFalse) : Expression(line)
{
    /// <inheritdoc/>
    protected override TemplateValue Compute(Frame frame) => Truth.Of(condition.Evaluate(frame))
        ? whenTrue.Evaluate(frame)
        : whenFalse?.Evaluate(frame)
            ?? new UndefinedValue($"the inline if-expression on line {Line} evaluated to false and no else section was defined");
}
