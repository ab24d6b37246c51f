using NemotronH.Text.Templates.Values;

namespace NemotronH.Text.Templates.Python;

/// <summary>Equality of a mapping's keys: of texts, None and numbers, where 1, 1.0 and True are one key.</summary>
internal sealed class KeyComparer : IEqualityComparer<TemplateValue>
{
    public static readonly KeyComparer Instance = new();

    /// <summary>Whether a value can be a key. Python allows tuples too; no template in sight uses them.</summary>
    public static bool CanBeKey(TemplateValue value) => value is StringValue or NoneValue or BooleanValue or IntegerValue or FloatValue;

    /// <inheritdoc/>
    public bool Equals(TemplateValue? x, TemplateValue? y) => (x, y) switch
    {
        (StringValue a, StringValue b) => a.Text == b.Text,
        (null, _) or (_, null) => x == y,
        _ => ReferenceEquals(x, y) || Numbers.Compare(x, y) == 0,
    };

    /// <inheritdoc/>
    public int GetHashCode(TemplateValue obj) => obj switch
    {
        StringValue text => text.Text.GetHashCode(StringComparison.Ordinal),
        FloatValue number => number.Value.GetHashCode(),
        _ => ((double?)Numbers.AsInteger(obj))?.GetHashCode() ?? 0,
    };
}
