namespace NemotronH.Server.Requests;

/// <summary>A prompt: a text or tokens.</summary>
/// <param name="Text">The text; <see langword="null"/> where tokens are given.</param>
/// <param name="Ids">The tokens; <see langword="null"/> where a text is given.</param>
internal sealed record Prompt(string? Text, IReadOnlyList<int>? Ids);
