namespace NemotronH.Generation.Constraints.Automaton;

/// <summary>The values that a schema allows at one place. Nodes refer to each other, in circles too where the schema is recursive.</summary>
internal abstract class ValueNode
{
    /// <summary>A height that no text reaches: there is no finite value.</summary>
    public const int Unreachable = int.MaxValue / 2;

    /// <summary>The least nesting of objects and lists with which a value can be written; <see cref="Unreachable"/> until it is known.</summary>
    public int Height { get; set; } = Unreachable;

    /// <summary>Whether the schema names no type, so that it allows values of other types too, which are never written.</summary>
    public bool IsOpen { get; set; }

    /// <summary>The nodes that stand in this one's place, with no byte between.</summary>
    public virtual IEnumerable<ValueNode> Alternatives => [];

    /// <summary>The height that follows from the heights of others.</summary>
    public virtual int ComputeHeight() => 0;

    /// <summary>Reads the first byte of a value, unless no value fits into the nesting that is left.</summary>
    /// <param name="first">The byte.</param>
    /// <param name="below">What goes on after the value.</param>
    /// <param name="next">Takes what may follow.</param>
    public void Begin(byte first, ParseStack below, StackSet next)
    {
        if (Height <= below.Room)
        {
            Open(first, below, next);
        }
    }

    /// <summary>Reads the first byte of a value.</summary>
    protected abstract void Open(byte first, ParseStack below, StackSet next);
}
