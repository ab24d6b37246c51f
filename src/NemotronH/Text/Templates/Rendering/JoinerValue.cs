using NemotronH.Text.Templates.Values;

namespace NemotronH.Text.Templates.Rendering;

/// <summary>What <c>joiner(separator)</c> makes: gives nothing when it is first called, and the separator from then on.</summary>
internal sealed class JoinerValue(TemplateValue separator) : CallableValue
{
    private bool _used;

    /// <inheritdoc/>
    public override string TypeName => "Joiner";

    /// <inheritdoc/>
    public override TemplateValue Call(CallArguments arguments, RenderContext context)
    {
        new ArgumentReader("joiner", arguments).End();
        TemplateValue result = _used ? separator : StringValue.Empty;
        _used = true;
        return result;
    }
}
