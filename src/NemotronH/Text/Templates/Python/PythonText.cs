using NemotronH.Text.Templates.Rendering;
using NemotronH.Text.Templates.Values;

namespace NemotronH.Text.Templates.Python;

/// <summary>How values print: Python's <c>str</c> and <c>repr</c>.</summary>
internal static class PythonText
{
    /// <summary>Python's <c>str(value)</c>: what <c>{{ value }}</c> prints.</summary>
    public static string Str(TemplateValue value, RenderContext context) => value switch
    {
        StringValue text => text.Text,
        UndefinedValue => "",
        _ => Repr(value, context),
    };

    /// <summary>Python's <c>repr(value)</c>: how a value prints inside a list.</summary>
    public static string Repr(TemplateValue value, RenderContext context)
    {
        OutputBuffer output = new(context.Budget);
        WriteRepr(value, output, context);
        return output.ToString();
    }

    /// <summary>Python's <c>str.strip</c> without arguments.</summary>
    public static string Strip(string text) => StripStart(StripEnd(text));

    /// <summary>Python's <c>str.lstrip</c> without arguments.</summary>
    public static string StripStart(string text)
    {
        int start = 0;
        while (start < text.Length && PythonString.IsSpace(text[start]))
        {
            start++;
        }

        return text[start..];
    }

    /// <summary>Python's <c>str.rstrip</c> without arguments.</summary>
    public static string StripEnd(string text)
    {
        int end = text.Length;
        while (end > 0 && PythonString.IsSpace(text[end - 1]))
        {
            end--;
        }

        return text[..end];
    }

    private static void WriteRepr(TemplateValue value, OutputBuffer output, RenderContext context)
    {
        RenderBudget.RequireStack();
        context.Budget.Spend();
        switch (value)
        {
            case ListValue list:
                WriteElements("[", list.Items, "]", output, context);
                break;
            case TupleValue tuple:
                WriteElements("(", tuple.Items, tuple.Items.Count == 1 ? ",)" : ")", output, context);
                break;
            case DictValue dict:
                WriteEntries("{", dict, output, context);
                break;
            case DictViewValue view:
                WriteElements($"{view.TypeName}([", view.Elements, "])", output, context);
                break;
            case NamespaceValue scope:
                WriteNamespace(scope, output, context);
                break;
            default:
                output.Write(ReprOfScalar(value));
                break;
        }
    }

    private static void WriteElements(
        string open, IEnumerable<TemplateValue> elements, string close, OutputBuffer output, RenderContext context)
    {
        output.Write(open);
        bool first = true;
        foreach (TemplateValue element in elements)
        {
            output.Write(first ? "" : ", ");
            WriteRepr(element, output, context);
            first = false;
        }

        output.Write(close);
    }

    private static void WriteEntries(string open, DictValue dict, OutputBuffer output, RenderContext context)
    {
        output.Write(open);
        for (int i = 0; i < dict.Entries.Count; i++)
        {
            output.Write(i == 0 ? "" : ", ");
            WriteRepr(dict.Entries[i].Key, output, context);
            output.Write(": ");
            WriteRepr(dict.Entries[i].Value, output, context);
        }

        output.Write("}");
    }

    private static void WriteNamespace(NamespaceValue scope, OutputBuffer output, RenderContext context)
    {
        DictValue members = new();
        foreach ((string name, TemplateValue value) in scope.Members)
        {
            members.Set(name, value);
        }

        WriteEntries("<Namespace {", members, output, context);
        output.Write(">");
    }

    private static string ReprOfScalar(TemplateValue value) => value switch
    {
        NoneValue => "None",
        BooleanValue boolean => boolean.Value ? "True" : "False",
        IntegerValue integer => Numbers.Repr(integer.Value),
        FloatValue number => PythonFloat.Repr(number.Value),
        StringValue { IsMarkup: true } markup => $"Markup({PythonString.Repr(markup.Text)})",
        StringValue text => PythonString.Repr(text.Text),
        RangeValue { Step: 1 } range => $"range({range.Start}, {range.Stop})",
        RangeValue range => $"range({range.Start}, {range.Stop}, {range.Step})",
        MacroValue macro => $"<Macro {PythonString.Repr(macro.Name)}>",
        LoopValue loop => $"<LoopContext {loop.Index}/{loop.Length}>",
        _ => value.TypeName == "Undefined" ? "Undefined" : $"<{value.TypeName}>",
    };
}
