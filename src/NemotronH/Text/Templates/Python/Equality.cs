using NemotronH.Text.Templates.Rendering;
using NemotronH.Text.Templates.Values;

namespace NemotronH.Text.Templates.Python;

/// <summary>Python's <c>==</c>.</summary>
internal static class Equality
{
    /// <summary>Whether two values are equal. Values of unlike types are not, numbers and booleans aside.</summary>
    public static bool Holds(TemplateValue left, TemplateValue right, RenderContext context)
    {
        RenderBudget.RequireStack();
        context.Budget.Spend();
        return (left, right) switch
        {
            (UndefinedValue, UndefinedValue) => true,
            (StringValue a, StringValue b) => a.Text == b.Text,
            (ListValue a, ListValue b) => ElementsEqual(a.Items, b.Items, context),
            (TupleValue a, TupleValue b) => ElementsEqual(a.Items, b.Items, context),
            (DictValue a, DictValue b) => EntriesEqual(a, b, context),
            (RangeValue a, RangeValue b) => RangesEqual(a, b),
            (FloatValue or IntegerValue or BooleanValue, _) => Numbers.Compare(left, right) == 0,
            _ => ReferenceEquals(left, right),
        };
    }

    /// <summary>Whether an element counts as found: the same value, or an equal one.</summary>
    public static bool IsOrEquals(TemplateValue left, TemplateValue right, RenderContext context) =>
        ReferenceEquals(left, right) || Holds(left, right, context);

    private static bool ElementsEqual(IReadOnlyList<TemplateValue> left, IReadOnlyList<TemplateValue> right, RenderContext context)
    {
        bool equal = left.Count == right.Count;
        for (int i = 0; equal && i < left.Count; i++)
        {
            equal = IsOrEquals(left[i], right[i], context);
        }

        return equal;
    }

    private static bool EntriesEqual(DictValue left, DictValue right, RenderContext context) =>
        left.Entries.Count == right.Entries.Count
        && left.Entries.All(entry => right.Find(entry.Key) is { } value && IsOrEquals(entry.Value, value, context));

    private static bool RangesEqual(RangeValue left, RangeValue right) =>
        left.Count == right.Count && (left.Count == 0 || (left.Start == right.Start && (left.Count == 1 || left.Step == right.Step)));
}
