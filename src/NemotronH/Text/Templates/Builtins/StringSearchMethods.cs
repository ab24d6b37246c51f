using NemotronH.Text.Templates.Python;
using NemotronH.Text.Templates.Rendering;
using NemotronH.Text.Templates.Values;

namespace NemotronH.Text.Templates.Builtins;

/// <summary>Methods of texts that look for parts.</summary>
internal static class StringSearchMethods
{
    public static readonly IReadOnlyDictionary<string, StringMethod> All = new Dictionary<string, StringMethod>
    {
        ["count"] = Count,
        ["endswith"] = (text, arguments, _) => Matches(text, arguments, "suffix", (range, part) => range.EndsWith(part, StringComparison.Ordinal)),
        ["find"] = (text, arguments, _) => new IntegerValue(Find(text, arguments, IndexOf)),
        ["index"] = (text, arguments, _) => Found(Find(text, arguments, IndexOf)),
        ["rfind"] = (text, arguments, _) => new IntegerValue(Find(text, arguments, LastIndexOf)),
        ["rindex"] = (text, arguments, _) => Found(Find(text, arguments, LastIndexOf)),
        ["startswith"] = (text, arguments, _) => Matches(text, arguments, "prefix", (range, part) => range.StartsWith(part, StringComparison.Ordinal)),
    };

    private static IntegerValue Count(string text, ArgumentReader arguments, RenderContext context)
    {
        string part = arguments.RequiredText("sub").Text;
        if (Range(text, arguments) is not (var range, _))
        {
            return new(0);
        }

        return new(part.Length == 0 ? CodePoints.Count(range) + 1 : (range.Length - range.Replace(part, "", StringComparison.Ordinal).Length) / part.Length);
    }

    private static int IndexOf(string text, string part) => text.IndexOf(part, StringComparison.Ordinal);

    private static int LastIndexOf(string text, string part) => text.LastIndexOf(part, StringComparison.Ordinal);

    private static int Find(string text, ArgumentReader arguments, Func<string, string, int> search)
    {
        string part = arguments.RequiredText("sub").Text;
        if (Range(text, arguments) is not (var range, var offset))
        {
            return -1;
        }

        int unit = search(range, part);
        return unit < 0 ? -1 : offset + CodePoints.FromUnit(range, unit);
    }

    private static IntegerValue Found(int position) => position >= 0 ? new(position) : throw new TemplateError("substring not found");

    private static BooleanValue Matches(string text, ArgumentReader arguments, string name, Func<string, string, bool> matches)
    {
        TemplateValue wanted = arguments.Required(name);
        IEnumerable<TemplateValue> parts = wanted switch
        {
            StringValue => [wanted],
            TupleValue tuple => tuple.Items,
            UndefinedValue undefined => throw undefined.Error(),
            _ => throw new TemplateError($"'{name}' is of type {wanted.TypeName}; expected str or a tuple of str"),
        };
        return BooleanValue.Of(Range(text, arguments) is (var range, _) && parts.Any(part => part is StringValue { Text: var value }
            ? matches(range, value)
            : throw new TemplateError($"'{name}' holds a value of type {part.TypeName}; expected str")));
    }

    /// <summary>The part of a text between the arguments start and end; <see langword="null"/> where start lies behind the text's end.</summary>
    private static (string Text, int Offset)? Range(string text, ArgumentReader arguments)
    {
        int count = CodePoints.Count(text);
        int start = arguments.OptionalInteger("start") ?? 0;
        int end = arguments.OptionalInteger("end") ?? count;
        start = start < 0 ? Math.Max(start + count, 0) : start;
        end = end < 0 ? Math.Max(end + count, 0) : Math.Min(end, count);
        if (start > end)
        {
            return null;
        }

        int from = CodePoints.ToUnit(text, start);
        return (text.Substring(from, CodePoints.ToUnit(text[from..], end - start)), start);
    }
}
