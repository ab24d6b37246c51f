namespace NemotronH.Generation.Constraints.Automaton;

/// <summary>A string of a certain form.</summary>
internal sealed class FormatNode(TextFormat format) : ValueNode
{
    /// <inheritdoc/>
    protected override void Open(byte first, ParseStack below, StackSet next)
    {
        if (first == '"')
        {
            next.Add(below.Push(new FormatFrame(format, "")));
        }
    }
}
