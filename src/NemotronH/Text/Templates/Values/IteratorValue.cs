using System.Diagnostics.CodeAnalysis;
using NemotronH.Text.Templates.Rendering;

namespace NemotronH.Text.Templates.Values;

/// <summary>Python's generator: computes its elements when they are asked for, and gives each only once.</summary>
/// <param name="source">The elements; enumerated at most once.</param>
internal sealed class IteratorValue(IEnumerable<TemplateValue> source) : TemplateValue
{
    private IEnumerator<TemplateValue>? _elements;

    /// <inheritdoc/>
    public override string TypeName => "generator";

    /// <summary>Takes the next element.</summary>
    /// <returns>Whether there was one.</returns>
    /// <exception cref="TemplateError">Iterators over iterators are stacked too high.</exception>
    public bool TryTake([NotNullWhen(true)] out TemplateValue? element)
    {
        RenderBudget.RequireStack();
        _elements ??= source.GetEnumerator();
        element = _elements.MoveNext() ? _elements.Current : null;
        return element is not null;
    }
}
