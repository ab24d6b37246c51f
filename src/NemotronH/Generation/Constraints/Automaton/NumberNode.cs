namespace NemotronH.Generation.Constraints.Automaton;

/// <summary>A number without bounds.</summary>
/// <param name="isInteger">Whether fractions and exponents are forbidden.</param>
internal sealed class NumberNode(bool isInteger) : ValueNode
{
    /// <summary>Whether fractions and exponents are forbidden.</summary>
    public bool IsInteger { get; } = isInteger;

    /// <inheritdoc/>
    protected override void Open(byte first, ParseStack below, StackSet next) => NumberFrame.Begin(this, first, below, next);
}
