using NemotronH.Text.Templates.Python;
using NemotronH.Text.Templates.Rendering;
using NemotronH.Text.Templates.Values;

namespace NemotronH.Text.Templates.Builtins;

/// <summary>How the methods of marked texts differ: what they return is marked too, and what they put into it is escaped. As in MarkupSafe 3.</summary>
internal static class MarkupMethods
{
    /// <summary>Finds the marked form of a method, or <see langword="null"/> where there is no difference.</summary>
    public static FunctionValue? Find(StringValue text, string name, StringMethod method) => name switch
    {
        "capitalize" or "casefold" or "expandtabs" or "lower" or "lstrip" or "partition" or "removeprefix" or "removesuffix" or "rpartition" or "rsplit"
            or "rstrip" or "split" or "splitlines" or "strip" or "swapcase" or "title" or "upper" or "zfill" => Marked(text, name, method, (value, _, _) => value),
        "center" or "format" or "ljust" or "rjust" => Marked(text, name, method, (value, _, context) => EscapeText(value, context)),
        "replace" => Marked(text, name, method, (value, position, context) => position == 1 ? EscapeText(value, context) : value),
        "join" => Marked(text, name, method, (value, _, context) => EscapeElements(value, context)),
        _ => null,
    };

    /// <summary>Marks what a method returns.</summary>
    /// <param name="text">The text whose method it is.</param>
    /// <param name="name">The method's name.</param>
    /// <param name="method">The method of texts that are not marked.</param>
    /// <param name="escape">Escapes an argument, if the method does so with that at its position; −1 for an argument given by name.</param>
    private static FunctionValue Marked(
        StringValue text, string name, StringMethod method, Func<TemplateValue, int, RenderContext, TemplateValue> escape) =>
        new(name, (arguments, context) =>
        {
            CallArguments given = arguments.Rest();
            CallArguments escaped = new(
                [.. given.Positional.Select((value, position) => escape(value, position, context))],
                [.. given.Named.Select(named => KeyValuePair.Create(named.Key, escape(named.Value, -1, context)))]);
            ArgumentReader reader = new($"{name}()", escaped);
            TemplateValue result = method(text.Text, reader, context);
            reader.End();
            return Mark(result);
        });

    private static TemplateValue EscapeText(TemplateValue value, RenderContext context) =>
        value is StringValue ? Markup.Escape(value, context) : value;

    private static ListValue EscapeElements(TemplateValue value, RenderContext context) =>
        new([.. Iteration.Of(value, context).Select(element => Markup.Escape(element, context))]);

    private static TemplateValue Mark(TemplateValue result) => result switch
    {
        StringValue text => new StringValue(text.Text, isMarkup: true),
        SequenceValue sequence => sequence.With([.. sequence.Items.Select(Mark)]),
        _ => result,
    };
}
