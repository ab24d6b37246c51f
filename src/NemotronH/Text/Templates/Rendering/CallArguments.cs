using NemotronH.Text.Templates.Values;

namespace NemotronH.Text.Templates.Rendering;

/// <summary>The evaluated arguments of a call, filter or test.</summary>
/// <param name="Positional">Those given by position.</param>
/// <param name="Named">Those given by name, each name once.</param>
internal sealed record CallArguments(IReadOnlyList<TemplateValue> Positional, IReadOnlyList<KeyValuePair<string, TemplateValue>> Named)
{
    public static readonly CallArguments None = new([], []);
}
