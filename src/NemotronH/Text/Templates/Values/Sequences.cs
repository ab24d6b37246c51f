namespace NemotronH.Text.Templates.Values;

/// <summary>A list or tuple. Nothing changes it once it is made: the sandbox refuses <c>append</c> and its like.</summary>
internal abstract class SequenceValue(IReadOnlyList<TemplateValue> items) : TemplateValue
{
    public IReadOnlyList<TemplateValue> Items { get; } = items;

    /// <summary>A sequence of the same type.</summary>
    public abstract SequenceValue With(IReadOnlyList<TemplateValue> items);
}

/// <summary>A list.</summary>
internal sealed class ListValue(IReadOnlyList<TemplateValue> items) : SequenceValue(items)
{
    /// <inheritdoc/>
    public override string TypeName => "list";

    /// <inheritdoc/>
    public override SequenceValue With(IReadOnlyList<TemplateValue> items) => new ListValue(items);
}

/// <summary>A tuple.</summary>
internal class TupleValue(params IReadOnlyList<TemplateValue> items) : SequenceValue(items)
{
    /// <inheritdoc/>
    public override string TypeName => "tuple";

    /// <inheritdoc/>
    public override SequenceValue With(IReadOnlyList<TemplateValue> items) => new TupleValue(items);
}

/// <summary>What the filter <c>groupby</c> gives for each group: a tuple whose elements have names.</summary>
/// <param name="key">What the group's elements have in common.</param>
/// <param name="elements">The elements.</param>
internal sealed class GroupValue(TemplateValue key, ListValue elements) : TupleValue(key, elements)
{
    /// <summary>Finds an attribute, or <see langword="null"/>.</summary>
    public TemplateValue? FindAttribute(string name) => name switch
    {
        "grouper" => Items[0],
        "list" => Items[1],
        _ => null,
    };
}

/// <summary>The integers from <paramref name="start"/> on, in steps.</summary>
/// <param name="start">The first.</param>
/// <param name="step">The distance; not zero.</param>
/// <param name="count">How many.</param>
/// <param name="stop">The bound that the range was made with.</param>
internal sealed class RangeValue(long start, long step, int count, long stop) : TemplateValue
{
    public long Start { get; } = start;

    public long Step { get; } = step;

    public int Count { get; } = count;

    public long Stop { get; } = stop;

    /// <inheritdoc/>
    public override string TypeName => "range";

    public IntegerValue this[int index] => new(Start + (index * Step));
}
