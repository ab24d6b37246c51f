using NemotronH.Text.Templates.Rendering;
using NemotronH.Text.Templates.Values;

namespace NemotronH.Text.Templates.Python;

/// <summary>Going through the elements of values.</summary>
internal static class Iteration
{
    /// <summary>The elements that Python's <c>iter(value)</c> gives.</summary>
    /// <exception cref="TemplateError">The value has no elements.</exception>
    public static IEnumerable<TemplateValue> Of(TemplateValue value, RenderContext context)
    {
        IEnumerable<TemplateValue> elements = Find(value) ?? throw new TemplateError($"'{value.TypeName}' object is not iterable");
        return elements.Select(element =>
        {
            context.Budget.Spend();
            return element;
        });
    }

    /// <summary>Whether a value has elements.</summary>
    public static bool IsPossible(TemplateValue value) => Find(value) is not null;

    /// <summary>Python's <c>list(value)</c>.</summary>
    public static List<TemplateValue> ToList(TemplateValue value, RenderContext context) => [.. Of(value, context)];

    /// <summary>The elements from the last to the first, or <see langword="null"/> where Python's <c>reversed</c> refuses the type.</summary>
    public static IEnumerable<TemplateValue>? Reversed(TemplateValue value) =>
        value is IteratorValue || Lengths.Find(value) is null ? null : Find(value)?.Reverse();

    private static IEnumerable<TemplateValue>? Find(TemplateValue value) => value switch
    {
        UndefinedValue => [],
        StringValue text => CodePoints.Of(text.Text).Select(codePoint => new StringValue(codePoint)),
        SequenceValue sequence => sequence.Items,
        DictValue dict => dict.Entries.Select(entry => entry.Key),
        DictViewValue view => view.Elements,
        RangeValue range => Enumerable.Range(0, range.Count).Select(index => range[index]),
        IteratorValue iterator => Take(iterator),
        _ => null,
    };

    private static IEnumerable<TemplateValue> Take(IteratorValue iterator)
    {
        while (iterator.TryTake(out TemplateValue? element))
        {
            yield return element;
        }
    }
}
