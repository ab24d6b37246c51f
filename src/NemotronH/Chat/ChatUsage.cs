namespace NemotronH.Chat;

/// <summary>Tokens that a conversation's turn took.</summary>
/// <param name="PromptTokens">Tokens of the prompt.</param>
/// <param name="CachedTokens">Those of them whose state came from the prefix cache.</param>
/// <param name="CompletionTokens">Tokens generated, reasoning included.</param>
/// <param name="ReasoningTokens">Those of them that went into reasoning.</param>
public readonly record struct ChatUsage(int PromptTokens, int CachedTokens, int CompletionTokens, int ReasoningTokens);
