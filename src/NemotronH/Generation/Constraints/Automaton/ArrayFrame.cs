namespace NemotronH.Generation.Constraints.Automaton;

/// <summary>Within a list, between its items.</summary>
/// <param name="Node">Its items.</param>
/// <param name="Phase">Behind what.</param>
/// <param name="Count">Number of items, as <see cref="ArrayNode.Count"/> counts them.</param>
/// <param name="Gap">White space so far.</param>
internal sealed record ArrayFrame(ArrayNode Node, MemberPhase Phase = MemberPhase.AfterOpening, int Count = 0, Gap Gap = default) : Frame
{
    /// <inheritdoc/>
    public override bool IsContainer => true;

    private bool MayClose => Phase != MemberPhase.AfterComma && Count >= Node.MinItems;

    /// <inheritdoc/>
    public override void Step(byte value, ParseStack self, StackSet next)
    {
        bool mayAdd = Count < Node.MaxItems && Node.Items.Height <= self.Room;
        if (value == ']' && MayClose)
        {
            next.Add(self.Below!);
        }
        else if (Phase == MemberPhase.AfterMember && value == ',' && Gap.Length == 0 && mayAdd)
        {
            next.Add(self.Replace(this with { Phase = MemberPhase.AfterComma }));
        }
        else if ((Phase != MemberPhase.AfterMember || MayClose) && Gap.Step(value, self.Nesting) is { } gap)
        {
            next.Add(self.Replace(this with { Gap = gap }));
        }
        else if (Phase != MemberPhase.AfterMember && mayAdd)
        {
            Node.Items.Begin(value, self.Replace(new ArrayFrame(Node, MemberPhase.AfterMember, Node.Count(Count + 1))), next);
        }
    }
}
