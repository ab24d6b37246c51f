namespace NemotronH.Text.Templates.Rendering;

/// <summary>What one rendering shares from end to end.</summary>
/// <param name="options">Limits and clock.</param>
internal sealed class RenderContext(TemplateOptions options)
{
    public RenderBudget Budget { get; } = new(options);

    public TimeProvider Clock => options.Clock;
}
