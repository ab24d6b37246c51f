namespace NemotronH.Generation.Constraints.Automaton;

/// <summary>A string.</summary>
/// <param name="minLength">Fewest code points.</param>
/// <param name="maxLength">Most code points; <see cref="int.MaxValue"/> for any number.</param>
internal sealed class StringNode(int minLength, int maxLength) : ValueNode
{
    /// <summary>Fewest code points.</summary>
    public int MinLength { get; } = minLength;

    /// <summary>Most code points.</summary>
    public int MaxLength { get; } = maxLength;

    /// <summary>The count as far as it matters: without an upper bound, none beyond the lower one.</summary>
    public int Count(int characters) => MaxLength == int.MaxValue ? Math.Min(characters, MinLength) : characters;

    /// <inheritdoc/>
    protected override void Open(byte first, ParseStack below, StackSet next)
    {
        if (first == '"')
        {
            next.Add(below.Push(new StringFrame(this)));
        }
    }
}
