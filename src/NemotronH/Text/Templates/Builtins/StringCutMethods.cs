using NemotronH.Text.Templates.Python;
using NemotronH.Text.Templates.Rendering;
using NemotronH.Text.Templates.Values;

namespace NemotronH.Text.Templates.Builtins;

/// <summary>Methods of texts that take ends off or cut into pieces.</summary>
internal static class StringCutMethods
{
    public static readonly IReadOnlyDictionary<string, StringMethod> All = new Dictionary<string, StringMethod>
    {
        ["lstrip"] = (text, arguments, _) => new StringValue(Strip(text, arguments.OptionalText("chars"), start: true, end: false)),
        ["rstrip"] = (text, arguments, _) => new StringValue(Strip(text, arguments.OptionalText("chars"), start: false, end: true)),
        ["strip"] = (text, arguments, _) => new StringValue(Strip(text, arguments.OptionalText("chars"), start: true, end: true)),
        ["removeprefix"] = (text, arguments, _) => new StringValue(RemovePrefix(text, arguments.RequiredText("prefix").Text)),
        ["removesuffix"] = (text, arguments, _) => new StringValue(RemoveSuffix(text, arguments.RequiredText("suffix").Text)),
        ["partition"] = (text, arguments, _) => Partition(text, Separator(arguments), last: false),
        ["rpartition"] = (text, arguments, _) => Partition(text, Separator(arguments), last: true),
        ["split"] = (text, arguments, context) => Split(text, arguments, fromEnd: false, context),
        ["rsplit"] = (text, arguments, context) => Split(text, arguments, fromEnd: true, context),
        ["splitlines"] = (text, arguments, context) => Pieces(TextSplitting.Lines(text, arguments.Flag("keepends")), context),
    };

    /// <summary>Takes white space, or given characters, off the ends of a text.</summary>
    public static string Strip(string text, StringValue? characters, bool start, bool end)
    {
        HashSet<string>? given = characters is null ? null : [.. CodePoints.Of(characters.Text)];
        bool Goes(string codePoint) => given?.Contains(codePoint) ?? PythonString.IsSpace(codePoint[0]);
        string[] codePoints = [.. CodePoints.Of(text)];
        int from = 0;
        int to = codePoints.Length;
        while (start && from < to && Goes(codePoints[from]))
        {
            from++;
        }

        while (end && to > from && Goes(codePoints[to - 1]))
        {
            to--;
        }

        return string.Concat(codePoints[from..to]);
    }

    private static string RemovePrefix(string text, string prefix) => text.StartsWith(prefix, StringComparison.Ordinal) ? text[prefix.Length..] : text;

    private static string RemoveSuffix(string text, string suffix) => text.EndsWith(suffix, StringComparison.Ordinal) ? text[..^suffix.Length] : text;

    private static string Separator(ArgumentReader arguments) =>
        arguments.RequiredText("sep").Text is { Length: > 0 } separator ? separator : throw new TemplateError("empty separator");

    private static TupleValue Partition(string text, string separator, bool last)
    {
        int at = last ? text.LastIndexOf(separator, StringComparison.Ordinal) : text.IndexOf(separator, StringComparison.Ordinal);
        (string before, string between, string after) = at >= 0
            ? (text[..at], separator, text[(at + separator.Length)..])
            : last ? ("", "", text) : (text, "", "");
        return new(new StringValue(before), new StringValue(between), new StringValue(after));
    }

    private static ListValue Split(string text, ArgumentReader arguments, bool fromEnd, RenderContext context)
    {
        StringValue? separator = arguments.OptionalText("sep");
        int most = arguments.Integer("maxsplit", -1);
        most = most < 0 ? int.MaxValue : most;
        if (separator is null)
        {
            return Pieces(TextSplitting.Words(text, most, fromEnd), context);
        }

        return separator.Text.Length > 0
            ? Pieces(TextSplitting.Between(text, separator.Text, most, fromEnd), context)
            : throw new TemplateError("empty separator");
    }

    private static ListValue Pieces(List<string> pieces, RenderContext context)
    {
        context.Budget.Spend(pieces.Count);
        return new([.. pieces.Select(piece => new StringValue(piece))]);
    }
}
