namespace NemotronH.Generation.Constraints.Automaton;

/// <summary>All ways to read the text so far, without repetitions.</summary>
internal sealed class StackSet : IEquatable<StackSet>
{
    /// <summary>
    /// Ways beyond this number are given up. That is sound: every single one leads to a whole value, and which are kept depends on the text only. What
    /// would begin in more ways is refused when it is compiled.
    /// </summary>
    public const int Capacity = 256;

    private readonly List<ParseStack> _stacks = [];

    /// <summary>The ways.</summary>
    public IReadOnlyList<ParseStack> Stacks => _stacks;

    /// <summary>Whether the text cannot be read.</summary>
    public bool IsEmpty => _stacks.Count == 0;

    /// <summary>Whether the text may end here.</summary>
    public bool CanEnd => _stacks.Exists(stack => stack.CanEnd);

    /// <summary>Whether the text must end here.</summary>
    public bool IsOver => _stacks.Count > 0 && _stacks.TrueForAll(stack => stack.Top is null);

    /// <summary>Forgets all ways.</summary>
    public void Clear() => _stacks.Clear();

    /// <summary>Adds a way.</summary>
    public void Add(ParseStack stack)
    {
        if (_stacks.Count < Capacity && !_stacks.Contains(stack))
        {
            _stacks.Add(stack);
        }
    }

    /// <summary>Reads a byte.</summary>
    /// <param name="value">The byte.</param>
    /// <param name="next">Another set; takes the ways that may follow.</param>
    public void Step(byte value, StackSet next)
    {
        next.Clear();
        foreach (ParseStack stack in _stacks)
        {
            stack.Step(value, next);
        }
    }

    /// <summary>The ways on which an added token may come next.</summary>
    public StackSet AtMarkup()
    {
        StackSet markup = new();
        markup._stacks.AddRange(_stacks.Where(stack => stack.Top is LiteralFrame { IsMarkup: true }));
        return markup;
    }

    /// <summary>A set that does not change when this one does.</summary>
    public StackSet Copy()
    {
        StackSet copy = new();
        copy._stacks.AddRange(_stacks);
        return copy;
    }

    /// <inheritdoc/>
    public bool Equals(StackSet? other) => other is not null && _stacks.SequenceEqual(other._stacks);

    /// <inheritdoc/>
    public override bool Equals(object? obj) => Equals(obj as StackSet);

    /// <inheritdoc/>
    public override int GetHashCode() => _stacks.Aggregate(_stacks.Count, HashCode.Combine);
}
