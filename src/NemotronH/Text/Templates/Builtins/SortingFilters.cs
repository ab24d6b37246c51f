using NemotronH.Text.Templates.Python;
using NemotronH.Text.Templates.Rendering;
using NemotronH.Text.Templates.Values;

namespace NemotronH.Text.Templates.Builtins;

/// <summary>Filters that compare or add up elements. Unless told otherwise they take no notice of case.</summary>
internal static class SortingFilters
{
    public static readonly IReadOnlyDictionary<string, Filter> All = new Dictionary<string, Filter>
    {
        ["dictsort"] = SortDict,
        ["groupby"] = GroupBy,
        ["max"] = (value, arguments, context) => Extreme(value, ">", arguments, context),
        ["min"] = (value, arguments, context) => Extreme(value, "<", arguments, context),
        ["sort"] = Sort,
        ["sum"] = Sum,
        ["unique"] = Unique,
    };

    private static ListValue Sort(TemplateValue value, ArgumentReader arguments, RenderContext context)
    {
        bool reverse = arguments.Flag("reverse");
        bool caseSensitive = arguments.Flag("case_sensitive");
        IReadOnlyList<AttributePath> paths = AttributePath.AllOf(arguments.Optional("attribute"));
        return new(Ordering.Sort(
            Iteration.Of(value, context),
            element => new ListValue([.. paths.Select(path => Fold(path.Get(element), caseSensitive))]),
            reverse,
            context));
    }

    private static ListValue SortDict(TemplateValue value, ArgumentReader arguments, RenderContext context)
    {
        bool caseSensitive = arguments.Flag("case_sensitive");
        string by = arguments.OptionalText("by")?.Text ?? "key";
        bool reverse = arguments.Flag("reverse");
        int position = by switch
        {
            "key" => 0,
            "value" => 1,
            _ => throw new TemplateError("You can only sort by either \"key\" or \"value\""),
        };
        DictValue dict = value as DictValue
            ?? throw (value is UndefinedValue undefined ? undefined.Error() : new TemplateError($"the filter 'dictsort' takes a mapping, not {value.TypeName}"));
        return new(Ordering.Sort(
            new DictViewValue(dict, DictPart.Items).Elements,
            pair => Fold(((TupleValue)pair).Items[position], caseSensitive),
            reverse,
            context));
    }

    private static ListValue GroupBy(TemplateValue value, ArgumentReader arguments, RenderContext context)
    {
        AttributePath path = AttributePath.Of(arguments.Required("attribute"));
        TemplateValue? whenMissing = arguments.Optional("default") is { } given and not NoneValue ? given : null;
        bool caseSensitive = arguments.Flag("case_sensitive");
        TemplateValue Key(TemplateValue element) => Fold(path.Get(element, whenMissing), caseSensitive);
        List<List<TemplateValue>> groups = [];
        TemplateValue? last = null;
        foreach (TemplateValue element in Ordering.Sort(Iteration.Of(value, context), Key, reverse: false, context))
        {
            TemplateValue key = Key(element);
            if (last is null || !Equality.IsOrEquals(last, key, context))
            {
                groups.Add([]);
            }

            last = key;
            groups[^1].Add(element);
        }

        return new([.. groups.Select(group => new GroupValue(path.Get(group[0], whenMissing), new ListValue(group)))]);
    }

    private static TemplateValue Extreme(TemplateValue value, string comparison, ArgumentReader arguments, RenderContext context)
    {
        bool caseSensitive = arguments.Flag("case_sensitive");
        AttributePath path = AttributePath.Of(arguments.Optional("attribute"));
        TemplateValue? best = null;
        TemplateValue? bestKey = null;
        foreach (TemplateValue element in Iteration.Of(value, context))
        {
            TemplateValue key = Fold(path.Get(element), caseSensitive);
            if (bestKey is null || Ordering.Holds(comparison, key, bestKey, context))
            {
                (best, bestKey) = (element, key);
            }
        }

        return best ?? new UndefinedValue("No aggregated item, sequence was empty.");
    }

    private static TemplateValue Sum(TemplateValue value, ArgumentReader arguments, RenderContext context)
    {
        AttributePath path = AttributePath.Of(arguments.Optional("attribute"));
        TemplateValue total = arguments.Optional("start") ?? new IntegerValue(0);
        if (total is StringValue)
        {
            throw new TemplateError("sum() can't sum strings; use ''.join(seq) instead");
        }

        return Iteration.Of(value, context).Aggregate(total, (sum, element) => Arithmetic.Apply("+", sum, path.Get(element), context));
    }

    private static IteratorValue Unique(TemplateValue value, ArgumentReader arguments, RenderContext context)
    {
        bool caseSensitive = arguments.Flag("case_sensitive");
        AttributePath path = AttributePath.Of(arguments.Optional("attribute"));
        HashSet<TemplateValue> seen = new(KeyComparer.Instance);
        UndefinedValue anyUndefined = new("");
        return new(Iteration.Of(value, context).Where(element =>
        {
            TemplateValue key = Fold(path.Get(element), caseSensitive);
            key = key is UndefinedValue ? anyUndefined : key;
            return KeyComparer.CanBeKey(key) || key == anyUndefined
                ? seen.Add(key)
                : throw new TemplateError($"the filter 'unique' does not take values of type {key.TypeName}");
        }));
    }

    private static TemplateValue Fold(TemplateValue value, bool caseSensitive) =>
        value is StringValue text && !caseSensitive ? new StringValue(PythonCase.Lower(text.Text)) : value;
}
