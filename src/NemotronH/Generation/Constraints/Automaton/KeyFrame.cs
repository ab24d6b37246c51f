namespace NemotronH.Generation.Constraints.Automaton;

/// <summary>Within the name of a property that the schema does not declare. It has no escapes, so that its bytes are its name.</summary>
/// <param name="Owner">The object, before the property.</param>
/// <param name="Name">The name so far, a byte to a character.</param>
/// <param name="Count">Code points so far.</param>
/// <param name="Character">Where the next code point stands.</param>
internal sealed record KeyFrame(ObjectFrame Owner, string Name = "", int Count = 0, CharacterState Character = default) : Frame
{
    /// <summary>Most code points of a name, unless a name of that length is used up: then it goes on.</summary>
    private const int MaxLength = 64;

    private static readonly byte[] Colon = [(byte)':'];

    private bool IsTaken => Owner.Node.Declares(Name) || (Owner.Keys?.Contains(Name) ?? false);

    /// <inheritdoc/>
    public override int? PlainCharacters => Character.IsStart && Count < MaxLength ? MaxLength - Count : null;

    /// <inheritdoc/>
    public override void Step(byte value, ParseStack self, StackSet next)
    {
        if (value == '"')
        {
            Close(self, next);
        }
        else if (value != '\\' && !(Character.IsStart && Count >= MaxLength && !IsTaken) && Character.Step(value) is { } character)
        {
            next.Add(self.Replace(this with { Name = Name + (char)value, Count = Count + (character.IsStart ? 1 : 0), Character = character }));
        }
    }

    private void Close(ParseStack self, StackSet next)
    {
        if (Character.IsStart && Count > 0 && !IsTaken)
        {
            ObjectFrame owner = Owner.WithMember(Owner.Node.Properties.Count) with { Keys = new KeyList(Name, Owner.Keys) };
            next.Add(self.Below!.Replace(owner).Push(new ValueFrame(Owner.Node.Additional!, MaySpace: true)).Push(new LiteralFrame(Colon)));
        }
    }
}
