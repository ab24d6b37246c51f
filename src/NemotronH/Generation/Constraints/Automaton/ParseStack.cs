namespace NemotronH.Generation.Constraints.Automaton;

/// <summary>One way to read the text so far: the values that are open, the innermost on top. Immutable; equal stacks accept the same continuations.</summary>
internal sealed class ParseStack : IEquatable<ParseStack>
{
    private readonly int _hash;

    private ParseStack(Frame? top, ParseStack? below, int nesting, int room)
    {
        Top = top;
        Below = below;
        Nesting = nesting;
        Room = room;
        CanEnd = top is null || (top.CanEnd && below!.CanEnd);
        _hash = HashCode.Combine(top, below?._hash);
    }

    /// <summary>The innermost part; <see langword="null"/> where the whole text is over.</summary>
    public Frame? Top { get; }

    /// <summary>What goes on after the innermost part; <see langword="null"/> where the whole text is over.</summary>
    public ParseStack? Below { get; }

    /// <summary>How many objects and lists are open.</summary>
    public int Nesting { get; }

    /// <summary>How many more may be opened.</summary>
    public int Room { get; }

    /// <summary>Whether the text may end here.</summary>
    public bool CanEnd { get; }

    /// <summary>The stack of a text that is over.</summary>
    /// <param name="room">How deep objects and lists may nest.</param>
    public static ParseStack Bottom(int room) => new(null, null, 0, room);

    /// <summary>Opens a part.</summary>
    public ParseStack Push(Frame frame) => frame.IsContainer ? new(frame, this, Nesting + 1, Room - 1) : new(frame, this, Nesting, Room);

    /// <summary>Puts another frame in place of the top.</summary>
    public ParseStack Replace(Frame frame) => Below!.Push(frame);

    /// <summary>Reads a byte.</summary>
    /// <param name="value">The byte.</param>
    /// <param name="next">Takes the stacks that may follow.</param>
    public void Step(byte value, StackSet next)
    {
        if (Top is null)
        {
            return;
        }

        Top.Step(value, this, next);
        if (Top.CanEnd)
        {
            Below!.Step(value, next);
        }
    }

    /// <inheritdoc/>
    public bool Equals(ParseStack? other)
    {
        for (ParseStack? mine = this; !ReferenceEquals(mine, other); mine = mine.Below, other = other.Below)
        {
            if (mine is null || other is null || mine._hash != other._hash || mine.Room != other.Room || !Equals(mine.Top, other.Top))
            {
                return false;
            }
        }

        return true;
    }

    /// <inheritdoc/>
    public override bool Equals(object? obj) => Equals(obj as ParseStack);

    /// <inheritdoc/>
    public override int GetHashCode() => _hash;
}
