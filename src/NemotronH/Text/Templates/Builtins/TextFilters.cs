using System.Text.RegularExpressions;
using NemotronH.Text.Templates.Python;
using NemotronH.Text.Templates.Rendering;
using NemotronH.Text.Templates.Values;

namespace NemotronH.Text.Templates.Builtins;

/// <summary>Filters that make texts.</summary>
internal static partial class TextFilters
{
    public static readonly IReadOnlyDictionary<string, Filter> All = new Dictionary<string, Filter>
    {
        ["capitalize"] = (value, _, context) => Map(value, PythonCase.Capitalize, context),
        ["center"] = (value, arguments, context) =>
            Map(value, text => StringLayoutMethods.Center(text, arguments.Integer("width", 80), context).Text, context),
        ["e"] = (value, _, context) => Markup.Escape(value, context),
        ["escape"] = (value, _, context) => Markup.Escape(value, context),
        ["forceescape"] = (value, _, context) => Markup.Escape(new StringValue(PythonText.Str(value, context)), context),
        ["format"] = (value, arguments, context) => Format(value, arguments.Rest(), context),
        ["indent"] = Indent,
        ["lower"] = (value, _, context) => Map(value, PythonCase.Lower, context),
        ["replace"] = Replace,
        ["safe"] = (value, _, context) => new StringValue(PythonText.Str(value, context), isMarkup: true),
        ["string"] = (value, _, context) => ToText(value, context),
        ["title"] = (value, _, context) => new StringValue(Title(PythonText.Str(value, context))),
        ["tojson"] = ToJson,
        ["trim"] = (value, arguments, context) =>
        {
            StringValue? characters = arguments.OptionalText("chars");
            return Map(value, text => StringCutMethods.Strip(text, characters, start: true, end: true), context);
        },
        ["truncate"] = Truncate,
        ["upper"] = (value, _, context) => Map(value, PythonCase.Upper, context),
        ["wordcount"] = (value, _, context) => new IntegerValue(Word().Count(PythonText.Str(value, context))),
        ["wordwrap"] = WordWrap,
    };

    /// <summary>A text as it is, mark included, or what another value prints.</summary>
    private static StringValue ToText(TemplateValue value, RenderContext context) =>
        value as StringValue ?? new StringValue(PythonText.Str(value, context));

    private static StringValue Map(TemplateValue value, Func<string, string> function, RenderContext context)
    {
        StringValue text = ToText(value, context);
        context.Budget.SpendText(text.Text.Length);
        return new(function(text.Text), text.IsMarkup);
    }

    private static StringValue Replace(TemplateValue value, ArgumentReader arguments, RenderContext context)
    {
        string old = PythonText.Str(arguments.Required("old"), context);
        string replacement = PythonText.Str(arguments.Required("new"), context);
        int count = arguments.OptionalInteger("count") ?? -1;
        return new(StringLayoutMethods.Replace(PythonText.Str(value, context), old, replacement, count, context));
    }

    /// <summary>Unlike <c>str.title</c>, words begin only behind spaces, dashes and opening brackets.</summary>
    private static string Title(string text) => string.Concat(WordBeginning().Split(text).Select(part => part.Length == 0
        ? ""
        : PythonCase.Upper(CodePoints.At(part, 0)) + PythonCase.Lower(part[CodePoints.At(part, 0).Length..])));

    private static StringValue Format(TemplateValue value, CallArguments arguments, RenderContext context)
    {
        if (arguments.Named.Count == 0)
        {
            return PercentFormat.Apply(ToText(value, context), new TupleValue(arguments.Positional), context);
        }

        if (arguments.Positional.Count > 0)
        {
            throw new TemplateError("can't handle positional and keyword arguments at the same time");
        }

        DictValue named = new();
        arguments.Named.ToList().ForEach(argument => named.Set(argument.Key, argument.Value));
        return PercentFormat.Apply(ToText(value, context), named, context);
    }

    private static StringValue Indent(TemplateValue value, ArgumentReader arguments, RenderContext context)
    {
        StringValue text = RequireText(value, "indent");
        TemplateValue width = arguments.Optional("width") ?? new IntegerValue(4);
        string indent = width is StringValue given ? given.Text : ((StringValue)Arithmetic.Apply("*", new StringValue(" "), width, context)).Text;
        bool first = arguments.Flag("first");
        bool blank = arguments.Flag("blank");
        List<string> lines = TextSplitting.Lines(text.Text + "\n", keepEnds: false);
        context.Budget.SpendText(text.Text.Length + ((long)indent.Length * lines.Count));
        IEnumerable<string> indented = lines.Select((line, index) => (index == 0 ? first : blank || line.Length > 0) ? indent + line : line);
        return new(string.Join('\n', indented), text.IsMarkup);
    }

    private static StringValue WordWrap(TemplateValue value, ArgumentReader arguments, RenderContext context)
    {
        string text = RequireText(value, "wordwrap").Text;
        int width = arguments.Integer("width", 79);
        bool breaksWords = arguments.Flag("break_long_words", whenMissing: true);
        string end = arguments.OptionalText("wrapstring")?.Text ?? "\n";
        bool breaksAtHyphens = arguments.Flag("break_on_hyphens", whenMissing: true);
        if (width <= 0)
        {
            throw new TemplateError($"the filter 'wordwrap' has the width {width}; expected a positive one");
        }

        context.Budget.SpendText(text.Length);
        TextWrapping wrapping = new(width, breaksWords, breaksAtHyphens, context.Budget);
        List<string> lines = [.. TextSplitting.Lines(text, keepEnds: false).SelectMany(line => wrapping.Wrap(line).DefaultIfEmpty(""))];
        context.Budget.SpendText(text.Length + ((long)end.Length * lines.Count));
        return new(string.Join(end, lines));
    }

    private static StringValue RequireText(TemplateValue value, string filter) => value switch
    {
        StringValue text => text,
        UndefinedValue undefined => throw undefined.Error(),
        _ => throw new TemplateError($"the filter '{filter}' takes str, not {value.TypeName}"),
    };

    private static TemplateValue Truncate(TemplateValue value, ArgumentReader arguments, RenderContext context)
    {
        int length = arguments.Integer("length", 255);
        bool killWords = arguments.Flag("killwords");
        StringValue end = arguments.OptionalText("end") ?? new StringValue("...");
        int leeway = arguments.OptionalInteger("leeway") ?? 5;
        int kept = length - CodePoints.Count(end.Text);
        if (kept < 0 || leeway < 0)
        {
            throw new TemplateError("the filter 'truncate' has a length shorter than its end, or a negative leeway");
        }

        // Jinja2 looks at the length before the type.
        if (Lengths.Find(value) <= (long)length + leeway)
        {
            return value;
        }

        StringValue text = value as StringValue ?? throw new TemplateError($"the filter 'truncate' takes str, not {value.TypeName}");
        string start = text.Text[..CodePoints.ToUnit(text.Text, kept)];
        start = killWords ? start : TextSplitting.Between(start, " ", 1, fromEnd: true)[0];
        return Markup.Join(new(start, text.IsMarkup), end, context);
    }

    private static StringValue ToJson(TemplateValue value, ArgumentReader arguments, RenderContext context)
    {
        bool ensureAscii = arguments.Flag("ensure_ascii");
        TemplateValue indent = arguments.Optional("indent") ?? NoneValue.Instance;
        IReadOnlyList<TemplateValue>? separators = arguments.Optional("separators") switch
        {
            null or NoneValue => null,
            SequenceValue { Items: [StringValue, StringValue] pair } => pair,
            _ => throw new TemplateError("the filter 'tojson' has separators that are not two texts"),
        };
        PythonJson json = new(context)
        {
            EnsureAscii = ensureAscii,
            Indent = indent switch
            {
                NoneValue => null,
                StringValue text => text.Text,
                _ => ((StringValue)Arithmetic.Apply("*", new StringValue(" "), indent, context)).Text,
            },
            SortKeys = arguments.Flag("sort_keys"),
            ItemSeparator = separators is null ? (indent is NoneValue ? ", " : ",") : ((StringValue)separators[0]).Text,
            KeySeparator = separators is null ? ": " : ((StringValue)separators[1]).Text,
        };
        return new(json.Serialize(value));
    }

    [GeneratedRegex(@"([-\s({\[<]+)")]
    private static partial Regex WordBeginning();

    [GeneratedRegex(@"\w+")]
    private static partial Regex Word();
}
