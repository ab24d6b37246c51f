using System.Globalization;
using NemotronH.Text.Templates.Python;
using NemotronH.Text.Templates.Values;

namespace NemotronH.Text.Templates.Builtins;

/// <summary>What a filter's argument <c>attribute</c> names: a part of a part of an element, as in <c>function.name</c>.</summary>
internal sealed class AttributePath
{
    private readonly IReadOnlyList<TemplateValue> _keys;

    private AttributePath(IReadOnlyList<TemplateValue> keys) => _keys = keys;

    /// <summary>Reads a path.</summary>
    /// <param name="attribute">Names or positions joined by dots, one position, or nothing for the element itself.</param>
    public static AttributePath Of(TemplateValue? attribute) => new(attribute switch
    {
        null or NoneValue => [],
        StringValue path => [.. path.Text.Split('.').Select(Key)],
        _ => [attribute],
    });

    /// <summary>Reads paths that are joined by commas.</summary>
    public static IReadOnlyList<AttributePath> AllOf(TemplateValue? attributes) =>
        attributes is StringValue paths ? [.. paths.Text.Split(',').Select(path => Of(new StringValue(path)))] : [Of(attributes)];

    /// <summary>The part of an element.</summary>
    /// <param name="element">The element.</param>
    /// <param name="whenMissing">What stands for a part that is not there.</param>
    public TemplateValue Get(TemplateValue element, TemplateValue? whenMissing = null)
    {
        foreach (TemplateValue key in _keys)
        {
            TemplateValue part = Members.GetElement(element, key);
            element = part is UndefinedValue && whenMissing is not null ? whenMissing : part;
        }

        return element;
    }

    private static TemplateValue Key(string name) =>
        name.Length > 0 && name.All(char.IsAsciiDigit) && int.TryParse(name, NumberStyles.None, CultureInfo.InvariantCulture, out int position)
            ? new IntegerValue(position)
            : new StringValue(name);
}
