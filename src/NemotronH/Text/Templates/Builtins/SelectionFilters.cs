using NemotronH.Text.Templates.Python;
using NemotronH.Text.Templates.Rendering;
using NemotronH.Text.Templates.Values;

namespace NemotronH.Text.Templates.Builtins;

/// <summary>Filters that apply another filter, or a test, to every element. They do so when the elements are asked for.</summary>
internal static class SelectionFilters
{
    public static readonly IReadOnlyDictionary<string, Filter> All = new Dictionary<string, Filter>
    {
        ["map"] = (value, arguments, context) => new IteratorValue(Map(value, arguments.Rest(), context)),
        ["reject"] = (value, arguments, context) => new IteratorValue(Select(value, arguments.Rest(), false, false, context)),
        ["rejectattr"] = (value, arguments, context) => new IteratorValue(Select(value, arguments.Rest(), true, false, context)),
        ["select"] = (value, arguments, context) => new IteratorValue(Select(value, arguments.Rest(), false, true, context)),
        ["selectattr"] = (value, arguments, context) => new IteratorValue(Select(value, arguments.Rest(), true, true, context)),
    };

    private static IEnumerable<TemplateValue> Map(TemplateValue value, CallArguments arguments, RenderContext context)
    {
        if (!Truth.Of(value))
        {
            yield break;
        }

        Func<TemplateValue, TemplateValue> function = arguments.Positional is [var name, ..]
            ? element => Filters.Apply(NameOf(name, "filter"), element, arguments with { Positional = [.. arguments.Positional.Skip(1)] }, context)
            : PartGetter(arguments);
        foreach (TemplateValue element in Iteration.Of(value, context))
        {
            yield return function(element);
        }
    }

    private static Func<TemplateValue, TemplateValue> PartGetter(CallArguments arguments)
    {
        ArgumentReader reader = new("the filter 'map'", arguments);
        TemplateValue attribute = reader.Optional("attribute") ?? throw new TemplateError("map requires a filter argument");
        TemplateValue? whenMissing = reader.Optional("default");
        reader.End();
        AttributePath path = AttributePath.Of(attribute);
        return element => path.Get(element, whenMissing is NoneValue ? null : whenMissing);
    }

    private static IEnumerable<TemplateValue> Select(
        TemplateValue value, CallArguments arguments, bool byAttribute, bool wanted, RenderContext context)
    {
        if (!Truth.Of(value))
        {
            yield break;
        }

        int taken = byAttribute ? 1 : 0;
        AttributePath path = !byAttribute
            ? AttributePath.Of(null)
            : AttributePath.Of(arguments.Positional is [var name, ..] ? name : throw new TemplateError("Missing parameter for attribute name"));
        TemplateValue? test = arguments.Positional.ElementAtOrDefault(taken);
        CallArguments rest = arguments with { Positional = [.. arguments.Positional.Skip(taken + 1)] };
        foreach (TemplateValue element in Iteration.Of(value, context))
        {
            TemplateValue part = path.Get(element);
            if ((test is null ? Truth.Of(part) : Tests.Apply(NameOf(test, "test"), part, rest, context)) == wanted)
            {
                yield return element;
            }
        }
    }

    private static string NameOf(TemplateValue name, string kind) =>
        name is StringValue text ? text.Text : throw new TemplateError($"a {kind} is named by a value of type {name.TypeName}; expected str");
}
