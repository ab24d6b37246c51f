namespace NemotronH.Chat;

/// <summary>Whether the model may call tools, or must.</summary>
/// <param name="Mode">Which of these.</param>
/// <param name="FunctionName">The only tool it may call, where it must; <see langword="null"/> leaves the choice to the model.</param>
public sealed record ToolChoice(ToolChoiceMode Mode, string? FunctionName = null)
{
    /// <summary>The model decides.</summary>
    public static ToolChoice Auto { get; } = new(ToolChoiceMode.Auto);

    /// <summary>No tool is called; the prompt does not mention the tools.</summary>
    public static ToolChoice None { get; } = new(ToolChoiceMode.None);

    /// <summary>The answer is a call of some tool.</summary>
    public static ToolChoice Required { get; } = new(ToolChoiceMode.Required);

    /// <summary>The answer is a call of a certain tool.</summary>
    /// <param name="name">Its name.</param>
    public static ToolChoice Function(string name) => new(ToolChoiceMode.Required, name);
}
