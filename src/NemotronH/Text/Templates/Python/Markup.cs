using System.Text;
using NemotronH.Text.Templates.Rendering;
using NemotronH.Text.Templates.Values;

namespace NemotronH.Text.Templates.Python;

/// <summary>Texts that the filter <c>safe</c> has marked. They matter although nothing is escaped when it is printed.</summary>
internal static class Markup
{
    /// <summary>Escapes a value for HTML, unless it is marked already.</summary>
    public static StringValue Escape(TemplateValue value, RenderContext context)
    {
        if (value is StringValue { IsMarkup: true } markup)
        {
            return markup;
        }

        string text = PythonText.Str(value, context);
        context.Budget.SpendText(text.Length);
        StringBuilder escaped = new(text);
        escaped.Replace("&", "&amp;").Replace(">", "&gt;").Replace("<", "&lt;").Replace("'", "&#39;").Replace("\"", "&#34;");
        return new(escaped.ToString(), isMarkup: true);
    }

    /// <summary><c>left + right</c>: where one is marked, the other is escaped.</summary>
    public static StringValue Join(StringValue left, StringValue right, RenderContext context)
    {
        bool isMarkup = left.IsMarkup || right.IsMarkup;
        (left, right) = isMarkup ? (Escape(left, context), Escape(right, context)) : (left, right);
        context.Budget.SpendText((long)left.Text.Length + right.Text.Length);
        return new(left.Text + right.Text, isMarkup);
    }
}
