using NemotronH.Text.Templates.Python;
using NemotronH.Text.Templates.Rendering;
using NemotronH.Text.Templates.Values;

namespace NemotronH.Text.Templates.Builtins;

/// <summary>How the methods of marked texts differ: they escape the texts given to them, and what they return is marked too.</summary>
internal static class MarkupMethods
{
    /// <summary>Finds the marked form of a method, or <see langword="null"/> where there is no difference.</summary>
    public static FunctionValue? Find(StringValue text, string name, StringMethod method) => name switch
    {
        "capitalize" or "title" or "lower" or "upper" or "replace" or "ljust" or "rjust" or "lstrip" or "rstrip" or "center" or "strip"
            or "expandtabs" or "swapcase" or "zfill" or "partition" or "rpartition" or "format" => Marked(text, name, method, EscapeText),
        "split" or "rsplit" or "splitlines" => Marked(text, name, method, (argument, _) => argument),
        "join" => Marked(text, name, method, EscapeElements),
        _ => null,
    };

    private static FunctionValue Marked(
        StringValue text, string name, StringMethod method, Func<TemplateValue, RenderContext, TemplateValue> escape) =>
        new(name, (arguments, context) =>
        {
            CallArguments given = arguments.Rest();
            CallArguments escaped = new(
                [.. given.Positional.Select(value => escape(value, context))],
                [.. given.Named.Select(named => KeyValuePair.Create(named.Key, escape(named.Value, context)))]);
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
