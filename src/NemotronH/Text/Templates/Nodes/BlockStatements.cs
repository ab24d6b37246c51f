using NemotronH.Text.Templates.Python;
using NemotronH.Text.Templates.Rendering;
using NemotronH.Text.Templates.Values;

namespace NemotronH.Text.Templates.Nodes;

/// <summary><c>{% set a | filter %} ... {% endset %}</c>: assigns what the block prints.</summary>
internal sealed class SetBlockStatement(int line, AssignmentTarget target, FilterExpression? filter, Block body) : Statement(line)
{
    /// <inheritdoc/>
    protected override Flow Run(Frame frame)
    {
        string text = body.Render(frame);
        target.Assign(filter?.Apply(text, frame) ?? new StringValue(text), frame);
        return Flow.Next;
    }
}

/// <summary><c>{% filter name %} ... {% endfilter %}</c>.</summary>
internal sealed class FilterStatement(int line, FilterExpression filter, Block body) : Statement(line)
{
    /// <inheritdoc/>
    protected override Flow Run(Frame frame)
    {
        frame.Output.Write(PythonText.Str(filter.Apply(body.Render(frame), frame), frame.Context));
        return Flow.Next;
    }
}

/// <summary><c>{% with a = b %} ... {% endwith %}</c>; the values do not see one another.</summary>
internal sealed class WithStatement(int line, IReadOnlyList<KeyValuePair<AssignmentTarget, Expression>> variables, Block body) : Statement(line)
{
    /// <inheritdoc/>
    protected override Flow Run(Frame frame)
    {
        Frame inner = frame.Nest();
        TemplateValue[] values = [.. variables.Select(variable => variable.Value.Evaluate(frame))];
        for (int i = 0; i < values.Length; i++)
        {
            variables[i].Key.Assign(values[i], inner);
        }

        return body.Execute(inner);
    }
}

/// <summary><c>{% generation %} ... {% endgeneration %}</c>: transformers' mark around what the model is to learn; it only makes a frame.</summary>
internal sealed class GenerationStatement(int line, Block body) : Statement(line)
{
    /// <inheritdoc/>
    protected override Flow Run(Frame frame) => body.Execute(frame.Nest());
}
