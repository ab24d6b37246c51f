using System.Text;

namespace NemotronH.Text.Templates.Rendering;

/// <summary>Collects what a template, macro or block prints.</summary>
internal sealed class OutputBuffer(RenderBudget budget)
{
    private readonly StringBuilder _text = new();

    /// <summary>Prints a text.</summary>
    /// <exception cref="TemplateError">The output becomes too long.</exception>
    public void Write(string text)
    {
        budget.SpendText(text.Length);
        budget.CheckLength((long)_text.Length + text.Length);
        _text.Append(text);
    }

    /// <inheritdoc/>
    public override string ToString() => _text.ToString();
}
