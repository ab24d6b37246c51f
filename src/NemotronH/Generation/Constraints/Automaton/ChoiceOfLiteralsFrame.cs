namespace NemotronH.Generation.Constraints.Automaton;

/// <summary>Within one of several fixed texts.</summary>
/// <param name="At">What was read of them.</param>
internal sealed record ChoiceOfLiteralsFrame(LiteralTrie At) : Frame
{
    /// <inheritdoc/>
    public override bool CanEnd => At.IsEnd;

    /// <inheritdoc/>
    public override void Step(byte value, ParseStack self, StackSet next) => Follow(At, value, self.Below!, next);

    /// <summary>Goes on in the texts.</summary>
    /// <param name="at">What was read of them.</param>
    /// <param name="value">The next byte.</param>
    /// <param name="below">What goes on after them.</param>
    /// <param name="next">Takes what may follow.</param>
    public static void Follow(LiteralTrie at, byte value, ParseStack below, StackSet next)
    {
        if (at.Follow(value) is { } child)
        {
            next.Add(child.IsLeaf ? below : below.Push(new ChoiceOfLiteralsFrame(child)));
        }
    }
}
