namespace NemotronH.Generation.Constraints.Automaton;

/// <summary>A value of any of several kinds; a reference, where there is one.</summary>
internal sealed class ChoiceNode : ValueNode
{
    private readonly List<ValueNode> _alternatives = [];

    /// <inheritdoc/>
    public override IEnumerable<ValueNode> Alternatives => _alternatives;

    /// <summary>Adds a kind; a choice without any allows nothing.</summary>
    public void Add(ValueNode alternative) => _alternatives.Add(alternative);

    /// <inheritdoc/>
    public override int ComputeHeight() => _alternatives.Select(node => node.Height).DefaultIfEmpty(Unreachable).Min();

    /// <inheritdoc/>
    protected override void Open(byte first, ParseStack below, StackSet next) => _alternatives.ForEach(node => node.Begin(first, below, next));
}
