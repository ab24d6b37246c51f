using NemotronH.Text.Templates.Python;
using NemotronH.Text.Templates.Rendering;
using NemotronH.Text.Templates.Values;

namespace NemotronH.Text.Templates.Nodes;

/// <summary><c>a &lt; b</c>, <c>a in b</c> and the like, also chained: <c>a &lt; b &lt; c</c>.</summary>
/// <param name="line">Where it stands.</param>
/// <param name="first">The leftmost operand.</param>
/// <param name="rest">Operators and the operands to their right.</param>
internal sealed class ComparisonExpression(int line, Expression first, IReadOnlyList<KeyValuePair<string, Expression>> rest) : Expression(line)
{
    /// <inheritdoc/>
    protected override TemplateValue Compute(Frame frame)
    {
        TemplateValue left = first.Evaluate(frame);
        foreach ((string comparison, Expression operand) in rest)
        {
            TemplateValue right = operand.Evaluate(frame);
            if (!Holds(comparison, left, right, frame.Context))
            {
                return BooleanValue.False;
            }

            left = right;
        }

        return BooleanValue.True;
    }

    private static bool Holds(string comparison, TemplateValue left, TemplateValue right, RenderContext context) => comparison switch
    {
        "==" => Equality.Holds(left, right, context),
        "!=" => !Equality.Holds(left, right, context),
        "in" => Members.Contains(right, left, context),
        "not in" => !Members.Contains(right, left, context),
        _ => Ordering.Holds(comparison, left, right, context),
    };
}
