namespace NemotronH.Server.Requests;

/// <summary>A prompt: a text or tokens.</summary>
/// <param name="Text">The text; <see langword="null"/> where tokens are given.</param>
/// <param name="Ids">The tokens; <see langword="null"/> where a text is given.</param>
/// <param name="Path">What messages call it, as in <c>prompt[1]</c>.</param>
internal sealed record Prompt(string? Text, IReadOnlyList<int>? Ids, string Path);
