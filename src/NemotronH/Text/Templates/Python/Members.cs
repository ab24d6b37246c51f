using System.Numerics;
using NemotronH.Text.Templates.Builtins;
using NemotronH.Text.Templates.Rendering;
using NemotronH.Text.Templates.Values;

namespace NemotronH.Text.Templates.Python;

/// <summary>Access to parts of values, <c>value.name</c> and <c>value[key]</c>, with the sandbox's rules.</summary>
internal static class Members
{
    /// <summary><c>value.name</c>: an attribute in Python's sense, else the element of that key.</summary>
    /// <returns>The part, or an undefined value that says what is missing.</returns>
    public static TemplateValue GetAttribute(TemplateValue value, string name) =>
        Attributes.Find(Defined(value), name) ?? FindElement(value, new StringValue(name)) ?? UndefinedValue.Member(value, new StringValue(name));

    /// <summary><c>value[key]</c>: the element of that key, else an attribute in Python's sense.</summary>
    /// <returns>The part, or an undefined value that says what is missing.</returns>
    public static TemplateValue GetElement(TemplateValue value, TemplateValue key) =>
        FindElement(Defined(value), key)
        ?? (key is StringValue name ? Attributes.Find(value, name.Text) : null)
        ?? UndefinedValue.Member(value, key);

    /// <summary>Whether Python's <c>element in container</c> holds.</summary>
    /// <exception cref="TemplateError">The container is none, or cannot hold such an element.</exception>
    public static bool Contains(TemplateValue container, TemplateValue element, RenderContext context) => container switch
    {
        StringValue text => element switch
        {
            StringValue part => text.Text.Contains(part.Text, StringComparison.Ordinal),
            UndefinedValue undefined => throw undefined.Error(),
            _ => throw new TemplateError($"'in <string>' requires string as left operand, not {element.TypeName}"),
        },
        DictValue dict => FindKey(dict, element) is not null,
        DictViewValue { Part: DictPart.Keys } keys => FindKey(keys.Dict, element) is not null,
        UndefinedValue => false,
        _ when !Iteration.IsPossible(container) => throw new TemplateError($"argument of type '{container.TypeName}' is not iterable"),
        _ => Iteration.Of(container, context).Any(candidate => Equality.IsOrEquals(candidate, element, context)),
    };

    /// <summary>A mapping's value of a key, or <see langword="null"/>.</summary>
    /// <exception cref="TemplateError">The key is a list or mapping, which nothing can have as a key.</exception>
    public static TemplateValue? FindKey(DictValue dict, TemplateValue key) =>
        key is ListValue or DictValue ? throw new TemplateError($"unhashable type: '{key.TypeName}'") : dict.Find(key);

    private static TemplateValue Defined(TemplateValue value) => value is UndefinedValue undefined ? throw undefined.Error() : value;

    private static TemplateValue? FindElement(TemplateValue value, TemplateValue key) => value switch
    {
        DictValue dict => dict.Find(key),
        SequenceValue sequence => Position(key, sequence.Items.Count) is { } index ? sequence.Items[index] : null,
        RangeValue range => Position(key, range.Count) is { } index ? range[index] : null,
        StringValue text => Position(key, CodePoints.Count(text.Text)) is { } index ? new StringValue(CodePoints.At(text.Text, index), text.IsMarkup) : null,
        _ => null,
    };

    private static int? Position(TemplateValue key, int count)
    {
        BigInteger? index = Numbers.AsInteger(key);
        index = index < 0 ? index + count : index;
        return index >= 0 && index < count ? (int)index : null;
    }
}
