namespace NemotronH.Generation.Constraints.Automaton;

/// <summary>A list.</summary>
/// <param name="items">Its items.</param>
/// <param name="minItems">Fewest items.</param>
/// <param name="maxItems">Most items; <see cref="int.MaxValue"/> for any number.</param>
internal sealed class ArrayNode(ValueNode items, int minItems, int maxItems) : ValueNode
{
    /// <summary>The items.</summary>
    public ValueNode Items { get; } = items;

    /// <summary>Fewest items.</summary>
    public int MinItems { get; } = minItems;

    /// <summary>Most items.</summary>
    public int MaxItems { get; } = maxItems;

    /// <summary>The count as far as it matters: without an upper bound, none beyond the lower one.</summary>
    public int Count(int items) => MaxItems == int.MaxValue ? Math.Min(items, MinItems) : items;

    /// <inheritdoc/>
    public override int ComputeHeight() => MinItems == 0 ? 1 : Items.Height < Unreachable ? Items.Height + 1 : Unreachable;

    /// <inheritdoc/>
    protected override void Open(byte first, ParseStack below, StackSet next)
    {
        if (first == '[')
        {
            next.Add(below.Push(new ArrayFrame(this)));
        }
    }
}
