using NemotronH.Text.Templates.Values;

namespace NemotronH.Text.Templates.Rendering;

/// <summary>What <c>cycler(...)</c> makes: gives its items in turn, again and again.</summary>
/// <param name="items">At least one.</param>
internal sealed class CyclerValue(IReadOnlyList<TemplateValue> items) : TemplateValue
{
    private int _position;

    /// <inheritdoc/>
    public override string TypeName => "Cycler";

    /// <summary>Finds an attribute, or <see langword="null"/>.</summary>
    public TemplateValue? FindAttribute(string name) => name switch
    {
        "current" => items[_position],
        "next" => new FunctionValue(name, (_, _) => Next()),
        "reset" => new FunctionValue(name, (_, _) =>
        {
            _position = 0;
            return NoneValue.Instance;
        }),
        _ => null,
    };

    private TemplateValue Next()
    {
        TemplateValue item = items[_position];
        _position = (_position + 1) % items.Count;
        return item;
    }
}
