namespace NemotronH.Generation.Constraints.Automaton;

/// <summary>Within a string.</summary>
/// <param name="Node">Its bounds.</param>
/// <param name="Count">Code points so far, as <see cref="StringNode.Count"/> counts them.</param>
/// <param name="Character">Where the next code point stands.</param>
internal sealed record StringFrame(StringNode Node, int Count = 0, CharacterState Character = default) : Frame
{
    /// <inheritdoc/>
    public override int? PlainCharacters =>
        !Character.IsStart ? null : Node.MaxLength == int.MaxValue ? int.MaxValue : Node.MaxLength - Count;

    /// <inheritdoc/>
    public override void Step(byte value, ParseStack self, StackSet next)
    {
        if (Character.IsStart && value == '"')
        {
            if (Count >= Node.MinLength)
            {
                next.Add(self.Below!);
            }
        }
        else if (!(Character.IsStart && Count == Node.MaxLength) && Character.Step(value) is { } character)
        {
            int count = character.IsStart ? Node.Count(Count + 1) : Count;
            next.Add(character == Character && count == Count ? self : self.Replace(new StringFrame(Node, count, character)));
        }
    }
}
