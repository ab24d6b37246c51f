namespace NemotronH.Server.Requests;

/// <summary>Whether the model may or must call tools.</summary>
/// <param name="Mode">May, must, or must not.</param>
/// <param name="Function">The only function it may call; <see langword="null"/> for any.</param>
internal sealed record ToolChoice(ToolChoiceMode Mode, string? Function = null);
