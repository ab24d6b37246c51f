using NemotronH.Text.Templates.Rendering;

namespace NemotronH.Text.Templates.Nodes;

/// <summary>How a statement ended.</summary>
internal enum Flow
{
    /// <summary>The next one follows.</summary>
    Next,

    /// <summary>The innermost loop ends.</summary>
    Break,

    /// <summary>The innermost loop goes on to its next element.</summary>
    Continue,
}

/// <summary>A part of a template that prints or does something.</summary>
/// <param name="line">Where it stands.</param>
internal abstract class Statement(int line)
{
    /// <summary>Runs the statement.</summary>
    /// <exception cref="TemplateError">That fails; the error carries the line.</exception>
    public Flow Execute(Frame frame)
    {
        try
        {
            RenderBudget.RequireStack();
            frame.Budget.Spend();
            return Run(frame);
        }
        catch (TemplateError error) when (error.Locate(line))
        {
            throw;
        }
    }

    /// <summary>Runs the statement.</summary>
    protected abstract Flow Run(Frame frame);
}
