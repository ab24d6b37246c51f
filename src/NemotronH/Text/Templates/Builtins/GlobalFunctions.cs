using System.Numerics;
using NemotronH.Text.Templates.Python;
using NemotronH.Text.Templates.Rendering;
using NemotronH.Text.Templates.Values;

namespace NemotronH.Text.Templates.Builtins;

/// <summary>Functions that every template can call.</summary>
internal static class GlobalFunctions
{
    /// <summary>The sandbox's limit on ranges.</summary>
    private const int LongestRange = 100_000;

    public static readonly IReadOnlyList<FunctionValue> All =
    [
        new("range", (arguments, _) => Range(arguments.Rest().Positional)),
        new("dict", (arguments, context) => Dict(arguments, context)),
        new("namespace", (arguments, context) => Namespace(arguments, context)),
        new("cycler", (arguments, _) => arguments.Rest().Positional is { Count: > 0 } items
            ? new CyclerValue(items)
            : throw new TemplateError("at least one item has to be provided")),
        new("joiner", (arguments, _) => new JoinerValue(arguments.Optional("sep") ?? new StringValue(", "))),
        new("lipsum", (_, _) => throw new TemplateError("the function 'lipsum' is not supported")),
        new("raise_exception", (arguments, context) => throw new TemplateError(PythonText.Str(arguments.Required("message"), context))),
        new("strftime_now", (arguments, context) => new StringValue(
            Strftime.Format(arguments.RequiredText("format").Text, context.Clock.GetLocalNow().DateTime))),
    ];

    private static RangeValue Range(IReadOnlyList<TemplateValue> bounds)
    {
        BigInteger[] numbers = [.. bounds.Select(bound => Numbers.AsInteger(bound)
            ?? throw (bound is UndefinedValue undefined ? undefined.Error() : new TemplateError($"'{bound.TypeName}' object cannot be interpreted as an integer")))];
        (BigInteger start, BigInteger stop, BigInteger step) = numbers switch
        {
            [var only] => (BigInteger.Zero, only, BigInteger.One),
            [var first, var end] => (first, end, BigInteger.One),
            [var first, var end, var stride] => (first, end, stride),
            _ => throw new TemplateError($"range expects 1 to 3 arguments, got {numbers.Length}"),
        };
        if (step.IsZero)
        {
            throw new TemplateError("range() arg 3 must not be zero");
        }

        BigInteger count = BigInteger.Max(step > 0 ? (stop - start + step - 1) / step : (start - stop - step - 1) / -step, 0);
        return count <= LongestRange && numbers.All(number => BigInteger.Abs(number) <= long.MaxValue / 2)
            ? new((long)start, (long)step, (int)count, (long)stop)
            : throw new TemplateError($"Range too big. The sandbox blocks ranges larger than {LongestRange}.");
    }

    /// <summary>Python's <c>dict(mapping or pairs, name=value, ...)</c>.</summary>
    private static DictValue Dict(ArgumentReader arguments, RenderContext context)
    {
        CallArguments given = arguments.Rest();
        DictValue dict = new();
        switch (given.Positional)
        {
            case []:
                break;
            case [DictValue mapping]:
                mapping.Entries.ToList().ForEach(entry => dict.Set(entry.Key, entry.Value));
                break;
            case [var pairs]:
                AddPairs(dict, pairs, context);
                break;
            default:
                throw new TemplateError($"dict expected at most 1 argument, got {given.Positional.Count}");
        }

        given.Named.ToList().ForEach(named => dict.Set(named.Key, named.Value));
        return dict;
    }

    private static void AddPairs(DictValue dict, TemplateValue pairs, RenderContext context)
    {
        foreach (TemplateValue pair in Iteration.Of(pairs, context))
        {
            if (Iteration.ToList(pair, context) is not [var key, var value])
            {
                throw new TemplateError("an element that a dict is made of is not a pair");
            }

            dict.Set(key, value);
        }
    }

    private static NamespaceValue Namespace(ArgumentReader arguments, RenderContext context)
    {
        NamespaceValue scope = new();
        foreach ((TemplateValue name, TemplateValue value) in Dict(arguments, context).Entries)
        {
            scope.Members[name is StringValue text ? text.Text : PythonText.Repr(name, context)] = value;
        }

        return scope;
    }
}
