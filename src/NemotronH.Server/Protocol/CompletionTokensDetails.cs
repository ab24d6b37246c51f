namespace NemotronH.Server.Protocol;

/// <summary>What the tokens of answers were.</summary>
/// <param name="ReasoningTokens">Those of the reasoning.</param>
internal sealed record CompletionTokensDetails(int ReasoningTokens);
