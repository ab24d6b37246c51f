using NemotronH.Text.Templates.Rendering;

namespace NemotronH.Text.Templates.Nodes;

/// <summary>Statements one after another.</summary>
/// <param name="statements">In order.</param>
internal sealed class Block(IReadOnlyList<Statement> statements)
{
    public static readonly Block Empty = new([]);

    /// <summary>Runs them until one leaves the loop around them.</summary>
    public Flow Execute(Frame frame)
    {
        foreach (Statement statement in statements)
        {
            Flow flow = statement.Execute(frame);
            if (flow != Flow.Next)
            {
                return flow;
            }
        }

        return Flow.Next;
    }

    /// <summary>Runs them in a frame of their own.</summary>
    /// <returns>What they print.</returns>
    public string Render(Frame frame)
    {
        Frame inner = frame.Capture();
        Execute(inner);
        return inner.Output.ToString();
    }
}
