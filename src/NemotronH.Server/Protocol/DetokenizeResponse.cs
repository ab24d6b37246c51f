namespace NemotronH.Server.Protocol;

/// <summary>Tokens as a text.</summary>
/// <param name="Prompt">The text.</param>
internal sealed record DetokenizeResponse(string Prompt);
