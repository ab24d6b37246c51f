using NemotronH.Text.Templates.Rendering;
using NemotronH.Text.Templates.Values;

namespace NemotronH.Text.Templates.Nodes;

/// <summary>A variable.</summary>
internal sealed class NameExpression(int line, string name) : Expression(line)
{
    public string Name => name;

    /// <inheritdoc/>
    protected override TemplateValue Compute(Frame frame) => frame.Get(name);
}
