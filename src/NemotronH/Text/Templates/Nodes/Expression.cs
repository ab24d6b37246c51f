using NemotronH.Text.Templates.Rendering;
using NemotronH.Text.Templates.Values;

namespace NemotronH.Text.Templates.Nodes;

/// <summary>A part of a template that has a value.</summary>
/// <param name="line">Where it stands.</param>
internal abstract class Expression(int line)
{
    public int Line => line;

    /// <summary>Computes the value.</summary>
    /// <exception cref="TemplateError">That fails; the error carries the line.</exception>
    public TemplateValue Evaluate(Frame frame)
    {
        try
        {
            RenderBudget.RequireStack();
            frame.Budget.Spend();
            return Compute(frame);
        }
        catch (TemplateError error) when (error.Locate(line))
        {
            throw;
        }
    }

    /// <summary>Computes the value.</summary>
    protected abstract TemplateValue Compute(Frame frame);
}
