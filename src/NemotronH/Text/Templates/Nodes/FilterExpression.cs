using NemotronH.Text.Templates.Builtins;
using NemotronH.Text.Templates.Rendering;
using NemotronH.Text.Templates.Values;

namespace NemotronH.Text.Templates.Nodes;

/// <summary><c>a | name(...)</c>.</summary>
/// <param name="line">Where it stands.</param>
/// <param name="operand">What is filtered; <see langword="null"/> in a block that is, whose text is then given.</param>
/// <param name="name">The filter.</param>
/// <param name="arguments">Its further arguments.</param>
internal sealed class FilterExpression(int line, Expression? operand, string name, ArgumentList arguments) : Expression(line)
{
    /// <summary>Filters the text of a block.</summary>
    public TemplateValue Apply(string text, Frame frame) => Filter(
        operand is FilterExpression inner ? inner.Apply(text, frame) : new StringValue(text), frame);

    /// <inheritdoc/>
    protected override TemplateValue Compute(Frame frame) => Filter(operand!.Evaluate(frame), frame);

    private TemplateValue Filter(TemplateValue value, Frame frame) => Filters.Apply(name, value, arguments.Evaluate(frame), frame.Context);
}

/// <summary><c>a is name(...)</c>.</summary>
internal sealed class TestExpression(int line, Expression operand, string name, ArgumentList arguments) : Expression(line)
{
    /// <inheritdoc/>
    protected override TemplateValue Compute(Frame frame) =>
        BooleanValue.Of(Tests.Apply(name, operand.Evaluate(frame), arguments.Evaluate(frame), frame.Context));
}
