using NemotronH.Text.Templates.Python;
using NemotronH.Text.Templates.Rendering;
using NemotronH.Text.Templates.Values;

namespace NemotronH.Text.Templates.Builtins;

/// <summary>Filters that look into values or arrange their elements.</summary>
internal static class SequenceFilters
{
    public static readonly IReadOnlyDictionary<string, Filter> All = new Dictionary<string, Filter>
    {
        ["attr"] = (value, arguments, _) => arguments.RequiredText("name") is var name && value is UndefinedValue undefined
            ? throw undefined.Error()
            : Attributes.Find(value, name.Text) ?? UndefinedValue.Member(value, name),
        ["batch"] = Batch,
        ["count"] = (value, _, _) => Length(value),
        ["d"] = Default,
        ["default"] = Default,
        ["first"] = (value, _, context) =>
            Iteration.Of(value, context).FirstOrDefault() ?? new UndefinedValue("No first item, sequence was empty."),
        ["items"] = (value, _, _) => new IteratorValue(Items(value)),
        ["join"] = Join,
        ["last"] = (value, _, _) =>
            (Iteration.Reversed(value) ?? throw new TemplateError($"'{value.TypeName}' object is not reversible")).FirstOrDefault()
            ?? new UndefinedValue("No last item, sequence was empty."),
        ["length"] = (value, _, _) => Length(value),
        ["list"] = (value, _, context) => new ListValue(Iteration.ToList(value, context)),
        ["reverse"] = Reverse,
        ["slice"] = Slice,
    };

    private static IntegerValue Length(TemplateValue value) =>
        new(Lengths.Find(value) ?? throw new TemplateError($"object of type '{value.TypeName}' has no len()"));

    private static TemplateValue Default(TemplateValue value, ArgumentReader arguments, RenderContext context)
    {
        TemplateValue replacement = arguments.Optional("default_value") ?? StringValue.Empty;
        bool evenIfFalse = arguments.Flag("boolean");
        return value is UndefinedValue || (evenIfFalse && !Truth.Of(value)) ? replacement : value;
    }

    private static IEnumerable<TemplateValue> Items(TemplateValue value)
    {
        // Inside the iterator, for Jinja2 complains only when the elements are asked for.
        IEnumerable<TemplateValue> items = value switch
        {
            UndefinedValue => [],
            DictValue dict => new DictViewValue(dict, DictPart.Items).Elements,
            _ => throw new TemplateError($"the filter 'items' takes a mapping, not {value.TypeName}"),
        };
        foreach (TemplateValue item in items)
        {
            yield return item;
        }
    }

    private static StringValue Join(TemplateValue value, ArgumentReader arguments, RenderContext context)
    {
        string separator = PythonText.Str(arguments.Optional("d") ?? StringValue.Empty, context);
        AttributePath path = AttributePath.Of(arguments.Optional("attribute"));
        List<string> texts = [.. Iteration.Of(value, context).Select(element => PythonText.Str(path.Get(element), context))];
        context.Budget.SpendText(texts.Sum(text => (long)text.Length + separator.Length));
        return new(string.Join(separator, texts));
    }

    private static TemplateValue Reverse(TemplateValue value, ArgumentReader arguments, RenderContext context)
    {
        if (value is StringValue text)
        {
            return Slicing.Apply(text, NoneValue.Instance, NoneValue.Instance, new IntegerValue(-1), context);
        }

        if (Iteration.Reversed(value) is { } reversed)
        {
            return new IteratorValue(reversed);
        }

        List<TemplateValue> elements = Iteration.ToList(value, context);
        elements.Reverse();
        return new ListValue(elements);
    }

    private static IteratorValue Batch(TemplateValue value, ArgumentReader arguments, RenderContext context)
    {
        int count = arguments.OptionalInteger("linecount") ?? throw new TemplateError("the filter 'batch' lacks its argument 'linecount'");
        TemplateValue filler = arguments.Optional("fill_with") ?? NoneValue.Instance;
        return new(Batches(Iteration.Of(value, context), count, filler, context));
    }

    private static IEnumerable<TemplateValue> Batches(IEnumerable<TemplateValue> elements, int count, TemplateValue filler, RenderContext context)
    {
        List<TemplateValue> batch = [];
        foreach (TemplateValue element in elements)
        {
            if (batch.Count == count)
            {
                yield return new ListValue(batch);
                batch = [];
            }

            batch.Add(element);
        }

        if (batch.Count > 0)
        {
            int missing = filler is NoneValue ? 0 : Math.Max(count - batch.Count, 0);
            context.Budget.Spend(missing);
            batch.AddRange(Enumerable.Repeat(filler, missing));
            yield return new ListValue(batch);
        }
    }

    private static IteratorValue Slice(TemplateValue value, ArgumentReader arguments, RenderContext context)
    {
        int count = arguments.OptionalInteger("slices") ?? throw new TemplateError("the filter 'slice' lacks its argument 'slices'");
        TemplateValue filler = arguments.Optional("fill_with") ?? NoneValue.Instance;
        return new(Slices(value, count, filler, context));
    }

    private static IEnumerable<TemplateValue> Slices(TemplateValue value, int count, TemplateValue filler, RenderContext context)
    {
        List<TemplateValue> elements = Iteration.ToList(value, context);
        if (count == 0)
        {
            throw new TemplateError("division by zero");
        }

        int start = 0;
        for (int i = 0; i < count; i++)
        {
            context.Budget.Spend();
            bool isLonger = i < elements.Count % count;
            int size = (elements.Count / count) + (isLonger ? 1 : 0);
            List<TemplateValue> slice = elements.GetRange(start, size);
            if (filler is not NoneValue && !isLonger)
            {
                slice.Add(filler);
            }

            yield return new ListValue(slice);
            start += size;
        }
    }
}
