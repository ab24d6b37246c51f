using NemotronH.Text.Templates.Python;
using NemotronH.Text.Templates.Rendering;
using NemotronH.Text.Templates.Values;

namespace NemotronH.Text.Templates.Nodes;

/// <summary><c>a.name</c>.</summary>
internal sealed class AttributeExpression(int line, Expression owner, string name) : Expression(line)
{
    /// <inheritdoc/>
    protected override TemplateValue Compute(Frame frame) => Members.GetAttribute(owner.Evaluate(frame), name);
}

/// <summary><c>a[key]</c>.</summary>
internal sealed class ElementExpression(int line, Expression owner, Expression key) : Expression(line)
{
    /// <inheritdoc/>
    protected override TemplateValue Compute(Frame frame) => Members.GetElement(owner.Evaluate(frame), key.Evaluate(frame));
}

/// <summary><c>a[start:stop:step]</c>; a bound that is left out is <see langword="null"/>.</summary>
internal sealed class SliceExpression(int line, Expression owner, Expression? start, Expression? stop, Expression? step) : Expression(line)
{
    /// <inheritdoc/>
    protected override TemplateValue Compute(Frame frame) => Slicing.Apply(
        owner.Evaluate(frame), Bound(start, frame), Bound(stop, frame), Bound(step, frame), frame.Context);

    private static TemplateValue Bound(Expression? bound, Frame frame) => bound?.Evaluate(frame) ?? NoneValue.Instance;
}
