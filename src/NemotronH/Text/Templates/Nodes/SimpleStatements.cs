using NemotronH.Text.Templates.Python;
using NemotronH.Text.Templates.Rendering;

namespace NemotronH.Text.Templates.Nodes;

/// <summary>Text between tags.</summary>
internal sealed class TextStatement(int line, string text) : Statement(line)
{
    /// <inheritdoc/>
    protected override Flow Run(Frame frame)
    {
        frame.Output.Write(text);
        return Flow.Next;
    }
}

/// <summary><c>{{ a }}</c>.</summary>
internal sealed class PrintStatement(int line, Expression expression) : Statement(line)
{
    /// <inheritdoc/>
    protected override Flow Run(Frame frame)
    {
        frame.Output.Write(PythonText.Str(expression.Evaluate(frame), frame.Context));
        return Flow.Next;
    }
}

/// <summary><c>{% set a = b %}</c>.</summary>
internal sealed class SetStatement(int line, AssignmentTarget target, Expression value) : Statement(line)
{
    /// <inheritdoc/>
    protected override Flow Run(Frame frame)
    {
        target.Assign(value.Evaluate(frame), frame);
        return Flow.Next;
    }
}

/// <summary><c>{% break %}</c> and <c>{% continue %}</c>.</summary>
internal sealed class LeaveStatement(int line, Flow flow) : Statement(line)
{
    /// <inheritdoc/>
    protected override Flow Run(Frame frame) => flow;
}

/// <summary><c>{% if %} ... {% elif %} ... {% else %} ... {% endif %}</c>.</summary>
/// <param name="line">Where it stands.</param>
/// <param name="branches">Conditions and what they guard, in order.</param>
/// <param name="otherwise">What happens when none holds.</param>
internal sealed class IfStatement(int line, IReadOnlyList<KeyValuePair<Expression, Block>> branches, Block otherwise) : Statement(line)
{
    /// <inheritdoc/>
    protected override Flow Run(Frame frame)
    {
        foreach ((Expression condition, Block body) in branches)
        {
            if (Truth.Of(condition.Evaluate(frame)))
            {
                return body.Execute(frame);
            }
        }

        return otherwise.Execute(frame);
    }
}
