using NemotronH.Text.Templates.Rendering;
using NemotronH.Text.Templates.Values;

namespace NemotronH.Text.Templates.Python;

/// <summary>Python's <c>&lt;</c>, <c>&lt;=</c>, <c>&gt;</c> and <c>&gt;=</c>.</summary>
internal static class Ordering
{
    /// <summary>Whether a comparison holds.</summary>
    /// <param name="comparison"><c>&lt;</c>, <c>&lt;=</c>, <c>&gt;</c> or <c>&gt;=</c>.</param>
    /// <param name="left">Its left side.</param>
    /// <param name="right">Its right side.</param>
    /// <param name="context">The rendering.</param>
    /// <exception cref="TemplateError">Values of these types have no order.</exception>
    public static bool Holds(string comparison, TemplateValue left, TemplateValue right, RenderContext context)
    {
        RenderBudget.RequireStack();
        context.Budget.Spend();
        return (left, right) switch
        {
            (UndefinedValue undefined, _) => throw undefined.Error(),
            (_, UndefinedValue undefined) => throw undefined.Error(),
            (StringValue a, StringValue b) => Satisfies(comparison, CodePoints.Compare(a.Text, b.Text)),
            (ListValue a, ListValue b) => InElements(comparison, a.Items, b.Items, context),
            (TupleValue a, TupleValue b) => InElements(comparison, a.Items, b.Items, context),
            _ when IsNumber(left) && IsNumber(right) => Numbers.Compare(left, right) is { } order && Satisfies(comparison, order),
            _ => throw new TemplateError($"'{comparison}' not supported between instances of '{left.TypeName}' and '{right.TypeName}'"),
        };
    }

    /// <summary>Sorts stably, as Python does, by <c>&lt;</c> alone.</summary>
    /// <param name="items">What to sort.</param>
    /// <param name="key">What to sort by.</param>
    /// <param name="reverse">Whether the largest comes first; equal ones keep their order then too.</param>
    /// <param name="context">The rendering.</param>
    public static List<TemplateValue> Sort(
        IEnumerable<TemplateValue> items, Func<TemplateValue, TemplateValue> key, bool reverse, RenderContext context)
    {
        (TemplateValue Key, TemplateValue Item)[] pairs = [.. items.Select(item => (key(item), item))];
        MergeSort(pairs, new (TemplateValue Key, TemplateValue Item)[pairs.Length], (a, b) => reverse
            ? Holds("<", a.Key, b.Key, context)
            : Holds("<", b.Key, a.Key, context));
        return [.. pairs.Select(pair => pair.Item)];
    }

    private static void MergeSort<T>(Span<T> items, Span<T> scratch, Func<T, T, bool> mustSwap)
    {
        if (items.Length < 2)
        {
            return;
        }

        int middle = items.Length / 2;
        MergeSort(items[..middle], scratch[..middle], mustSwap);
        MergeSort(items[middle..], scratch[middle..], mustSwap);
        items.CopyTo(scratch);
        for (int left = 0, right = middle, at = 0; at < items.Length; at++)
        {
            bool takeRight = left == middle || (right < items.Length && mustSwap(scratch[left], scratch[right]));
            items[at] = takeRight ? scratch[right++] : scratch[left++];
        }
    }

    private static bool InElements(
        string comparison, IReadOnlyList<TemplateValue> left, IReadOnlyList<TemplateValue> right, RenderContext context)
    {
        for (int i = 0; i < left.Count && i < right.Count; i++)
        {
            if (!Equality.IsOrEquals(left[i], right[i], context))
            {
                return Holds(comparison, left[i], right[i], context);
            }
        }

        return Satisfies(comparison, left.Count.CompareTo(right.Count));
    }

    private static bool IsNumber(TemplateValue value) => value is IntegerValue or FloatValue or BooleanValue;

    private static bool Satisfies(string comparison, int order) => comparison switch
    {
        "<" => order < 0,
        "<=" => order <= 0,
        ">" => order > 0,
        _ => order >= 0,
    };
}
