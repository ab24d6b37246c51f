using NemotronH.Text.Templates.Python;
using NemotronH.Text.Templates.Rendering;
using NemotronH.Text.Templates.Values;

namespace NemotronH.Text.Templates.Nodes;

/// <summary>What a value can be assigned to.</summary>
internal abstract class AssignmentTarget
{
    /// <summary>Assigns a value.</summary>
    /// <exception cref="TemplateError">The value does not fit.</exception>
    public abstract void Assign(TemplateValue value, Frame frame);
}

/// <summary>A variable.</summary>
internal sealed class NameTarget(string name) : AssignmentTarget
{
    /// <inheritdoc/>
    public override void Assign(TemplateValue value, Frame frame) => frame.Set(name, value);
}

/// <summary>A member of a namespace.</summary>
internal sealed class NamespaceTarget(string variable, string member) : AssignmentTarget
{
    /// <inheritdoc/>
    public override void Assign(TemplateValue value, Frame frame) =>
        (frame.Get(variable) as NamespaceValue ?? throw new TemplateError($"cannot assign attribute on '{variable}', which is no namespace"))
            .Members[member] = value;
}

/// <summary>Several targets for the elements of one value.</summary>
internal sealed class TupleTarget(IReadOnlyList<AssignmentTarget> targets) : AssignmentTarget
{
    /// <inheritdoc/>
    public override void Assign(TemplateValue value, Frame frame)
    {
        List<TemplateValue> elements = Iteration.ToList(value, frame.Context);
        if (elements.Count != targets.Count)
        {
            throw new TemplateError($"{elements.Count} values to unpack; expected {targets.Count}");
        }

        for (int i = 0; i < targets.Count; i++)
        {
            targets[i].Assign(elements[i], frame);
        }
    }
}
