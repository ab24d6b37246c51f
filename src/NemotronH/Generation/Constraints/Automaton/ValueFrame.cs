namespace NemotronH.Generation.Constraints.Automaton;

/// <summary>Before a value.</summary>
/// <param name="Node">What values may stand here.</param>
/// <param name="MaySpace">Whether a single space may come first.</param>
internal sealed record ValueFrame(ValueNode Node, bool MaySpace = false) : Frame
{
    /// <inheritdoc/>
    public override void Step(byte value, ParseStack self, StackSet next)
    {
        if (MaySpace && value == ' ')
        {
            next.Add(self.Replace(this with { MaySpace = false }));
        }
        else
        {
            Node.Begin(value, self.Below!, next);
        }
    }
}
