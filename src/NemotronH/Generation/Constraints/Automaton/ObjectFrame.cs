namespace NemotronH.Generation.Constraints.Automaton;

/// <summary>Within an object, between its members.</summary>
/// <param name="Node">Its properties.</param>
/// <param name="Phase">Behind what.</param>
/// <param name="Next">Index of the first declared property that may still come.</param>
/// <param name="Count">Number of members, where it matters.</param>
/// <param name="Keys">Names used that the schema does not declare.</param>
/// <param name="Gap">White space so far.</param>
internal sealed record ObjectFrame(
    ObjectNode Node, MemberPhase Phase = MemberPhase.AfterOpening, int Next = 0, int Count = 0, KeyList? Keys = null, Gap Gap = default) : Frame
{
    /// <inheritdoc/>
    public override bool IsContainer => true;

    private int RequiredLeft => RequiredFrom(Next);

    private bool MayClose => Phase != MemberPhase.AfterComma && RequiredLeft == 0 && Count >= Node.MinProperties;

    /// <summary>The object behind one more member.</summary>
    /// <param name="next">Index of the first declared property that may come then.</param>
    public ObjectFrame WithMember(int next) =>
        this with { Phase = MemberPhase.AfterMember, Next = next, Count = Node.IsCounted ? Count + 1 : 0, Gap = default };

    /// <inheritdoc/>
    public override void Step(byte value, ParseStack self, StackSet next)
    {
        switch (value)
        {
            case (byte)'}' when MayClose:
                next.Add(self.Below!);
                break;
            case (byte)',' when Phase == MemberPhase.AfterMember && Gap.Length == 0 && (Candidates(self.Room).Any() || MayAdd(self.Room)):
                next.Add(self.Replace(this with { Phase = MemberPhase.AfterComma }));
                break;
            case (byte)'"' when Phase != MemberPhase.AfterMember:
                BeginMember(self, next);
                break;
            default:
                ReadGap(value, self, next);
                break;
        }
    }

    private void ReadGap(byte value, ParseStack self, StackSet next)
    {
        if ((Phase != MemberPhase.AfterMember || MayClose) && Gap.Step(value, self.Nesting) is { } gap)
        {
            next.Add(self.Replace(this with { Gap = gap }));
        }
    }

    private void BeginMember(ParseStack self, StackSet next)
    {
        foreach (int index in Candidates(self.Room))
        {
            DeclaredProperty property = Node.Properties[index];
            ParseStack behind = self.Replace(WithMember(index + 1));
            next.Add(behind.Push(new ValueFrame(property.Value, MaySpace: true)).Push(new LiteralFrame(property.Tail)));
        }

        if (MayAdd(self.Room))
        {
            next.Add(self.Push(new KeyFrame(this)));
        }
    }

    /// <summary>The declared properties that may come now: up to the first required one.</summary>
    private IEnumerable<int> Candidates(int room)
    {
        for (int index = Next; index < Node.Properties.Count; index++)
        {
            if (IsReachable(index, room))
            {
                yield return index;
            }

            if (Node.Properties[index].IsRequired)
            {
                yield break;
            }
        }
    }

    /// <summary>Whether the object can still be finished behind a declared property.</summary>
    private bool IsReachable(int index, int room)
    {
        if (Node.Properties[index].Value.Height > room)
        {
            return false;
        }

        bool isWithin = Count + 1 + RequiredFrom(index + 1) <= Node.MaxProperties;
        return isWithin && (Node.MinProperties == 0 || Fits(Node.Additional, room) || Count + 1 + DeclaredFrom(index + 1, room) >= Node.MinProperties);
    }

    private bool MayAdd(int room) => RequiredLeft == 0 && Count < Node.MaxProperties && Fits(Node.Additional, room);

    private int RequiredFrom(int index) => Node.Properties.Skip(index).Count(property => property.IsRequired);

    private int DeclaredFrom(int index, int room) => Node.Properties.Skip(index).Count(property => Fits(property.Value, room));

    private static bool Fits(ValueNode? node, int room) => node is not null && node.Height <= room;
}
