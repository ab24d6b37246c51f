namespace NemotronH.Text.Templates.Values;

/// <summary>What <c>namespace()</c> makes: the one value whose members a template can set, also from inside a loop.</summary>
internal sealed class NamespaceValue : TemplateValue
{
    /// <summary>The members.</summary>
    public Dictionary<string, TemplateValue> Members { get; } = [];

    /// <inheritdoc/>
    public override string TypeName => "Namespace";
}
