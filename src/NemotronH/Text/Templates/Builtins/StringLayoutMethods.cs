using System.Text;
using NemotronH.Text.Templates.Python;
using NemotronH.Text.Templates.Rendering;
using NemotronH.Text.Templates.Values;

namespace NemotronH.Text.Templates.Builtins;

/// <summary>Methods of texts that put texts together.</summary>
internal static class StringLayoutMethods
{
    public static readonly IReadOnlyDictionary<string, StringMethod> All = new Dictionary<string, StringMethod>
    {
        ["center"] = (text, arguments, context) => Pad(text, arguments, context, (space, width) => (space / 2) + (space & width & 1)),
        ["expandtabs"] = (text, arguments, context) => ExpandTabs(text, arguments.Integer("tabsize", 8), context),
        ["format"] = (text, arguments, context) => new StringValue(BraceFormat.Apply(text, arguments.Rest(), context)),
        ["join"] = (text, arguments, context) => Join(text, Iteration.ToList(arguments.Required("iterable"), context), context),
        ["ljust"] = (text, arguments, context) => Pad(text, arguments, context, (_, _) => 0),
        ["replace"] = (text, arguments, context) => new StringValue(Replace(
            text, arguments.RequiredText("old").Text, arguments.RequiredText("new").Text, arguments.Integer("count", -1), context)),
        ["rjust"] = (text, arguments, context) => Pad(text, arguments, context, (space, _) => space),
        ["zfill"] = (text, arguments, context) => ZeroFill(text, arguments.Integer("width", 0), context),
    };

    /// <summary>Python's <c>str.center</c> with spaces.</summary>
    public static StringValue Center(string text, int width, RenderContext context) =>
        Pad(text, width, " ", (space, wide) => (space / 2) + (space & wide & 1), context);

    /// <summary>Python's <c>str.replace</c>.</summary>
    /// <param name="text">Where to replace.</param>
    /// <param name="old">What; empty for every place between characters.</param>
    /// <param name="replacement">By what.</param>
    /// <param name="count">How often at most; negative for always.</param>
    /// <param name="context">The rendering.</param>
    public static string Replace(string text, string old, string replacement, int count, RenderContext context)
    {
        List<string> pieces = old.Length > 0
            ? TextSplitting.Between(text, old, count < 0 ? int.MaxValue : count, fromEnd: false)
            : BetweenCharacters(text, count < 0 ? int.MaxValue : count);
        context.Budget.SpendText(text.Length + ((long)replacement.Length * (pieces.Count - 1)));
        return string.Join(replacement, pieces);
    }

    private static List<string> BetweenCharacters(string text, int count)
    {
        List<string> pieces = ["", .. CodePoints.Of(text), ""];
        if (count < pieces.Count - 1)
        {
            string rest = string.Concat(pieces.Skip(count));
            pieces = [.. pieces.Take(count), rest];
        }

        return pieces;
    }

    private static StringValue Join(string separator, List<TemplateValue> elements, RenderContext context)
    {
        string[] texts = [.. elements.Select((element, index) => element is StringValue text
            ? text.Text
            : throw new TemplateError($"sequence item {index}: expected str instance, {element.TypeName} found"))];
        context.Budget.SpendText(texts.Sum(text => (long)text.Length + separator.Length));
        return new(string.Join(separator, texts));
    }

    private static StringValue Pad(string text, ArgumentReader arguments, RenderContext context, Func<int, int, int> before)
    {
        int width = arguments.OptionalInteger("width") ?? throw new TemplateError("a width is missing");
        string fill = arguments.OptionalText("fillchar")?.Text ?? " ";
        return CodePoints.Count(fill) == 1
            ? Pad(text, width, fill, before, context)
            : throw new TemplateError("the fill character must be exactly one character long");
    }

    private static StringValue Pad(string text, int width, string fill, Func<int, int, int> before, RenderContext context)
    {
        context.Budget.SpendText(Math.Max(width, text.Length));
        int space = Math.Max(width - CodePoints.Count(text), 0);
        int left = before(space, width);
        return new(string.Concat(Enumerable.Repeat(fill, left)) + text + string.Concat(Enumerable.Repeat(fill, space - left)));
    }

    private static StringValue ZeroFill(string text, int width, RenderContext context)
    {
        context.Budget.SpendText(Math.Max(width, text.Length));
        int sign = text.StartsWith('+') || text.StartsWith('-') ? 1 : 0;
        return new(text[..sign] + new string('0', Math.Max(width - CodePoints.Count(text), 0)) + text[sign..]);
    }

    private static StringValue ExpandTabs(string text, int size, RenderContext context)
    {
        StringBuilder expanded = new();
        int column = 0;
        foreach (string codePoint in CodePoints.Of(text))
        {
            int spaces = codePoint == "\t" && size > 0 ? size - (column % size) : 0;
            context.Budget.CheckLength((long)expanded.Length + spaces);
            expanded.Append(codePoint == "\t" ? new string(' ', spaces) : codePoint);
            column = codePoint is "\n" or "\r" ? 0 : column + (codePoint == "\t" ? spaces : 1);
        }

        return new(expanded.ToString());
    }
}
