namespace NemotronH.Text.Templates.Values;

/// <summary>What template code computes with: one of the types in this folder. No object of the host is among them.</summary>
/// <remarks>Values behave as Python's do; what can be done with them stands in the folders Python, Rendering and Builtins.</remarks>
internal abstract class TemplateValue
{
    private protected TemplateValue()
    {
    }

    /// <summary>The type's name in Python, for messages.</summary>
    public abstract string TypeName { get; }
}
