using NemotronH.Text.Templates.Rendering;
using NemotronH.Text.Templates.Values;

namespace NemotronH.Text.Templates.Nodes;

/// <summary>A text, number, boolean or None.</summary>
internal sealed class ConstantExpression(int line, TemplateValue value) : Expression(line)
{
    /// <inheritdoc/>
    protected override TemplateValue Compute(Frame frame) => value;
}

/// <summary><c>[a, b]</c>.</summary>
internal sealed class ListExpression(int line, IReadOnlyList<Expression> items) : Expression(line)
{
    /// <inheritdoc/>
    protected override TemplateValue Compute(Frame frame) => new ListValue([.. items.Select(item => item.Evaluate(frame))]);
}

/// <summary><c>(a, b)</c>, or <c>a, b</c>.</summary>
internal sealed class TupleExpression(int line, IReadOnlyList<Expression> items) : Expression(line)
{
    public IReadOnlyList<Expression> Items => items;

    /// <inheritdoc/>
    protected override TemplateValue Compute(Frame frame) => new TupleValue([.. items.Select(item => item.Evaluate(frame))]);
}

/// <summary><c>{key: value}</c>.</summary>
internal sealed class DictExpression(int line, IReadOnlyList<KeyValuePair<Expression, Expression>> entries) : Expression(line)
{
    /// <inheritdoc/>
    protected override TemplateValue Compute(Frame frame)
    {
        DictValue dict = new();
        foreach ((Expression key, Expression value) in entries)
        {
            dict.Set(key.Evaluate(frame), value.Evaluate(frame));
        }

        return dict;
    }
}
