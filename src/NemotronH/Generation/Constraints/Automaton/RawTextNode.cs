namespace NemotronH.Generation.Constraints.Automaton;

/// <summary>A text that is written as it is, between tags; not empty.</summary>
/// <param name="maxLength">Most code points.</param>
internal sealed class RawTextNode(int maxLength) : ValueNode
{
    /// <inheritdoc/>
    protected override void Open(byte first, ParseStack below, StackSet next) =>
        new RawTextFrame(Math.Max(maxLength, 1)).Step(first, below.Push(new RawTextFrame(Math.Max(maxLength, 1))), next);
}
