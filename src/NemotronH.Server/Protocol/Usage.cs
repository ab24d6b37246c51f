namespace NemotronH.Server.Protocol;

/// <summary>How many tokens a request took.</summary>
/// <param name="PromptTokens">Tokens of the prompt.</param>
/// <param name="CompletionTokens">Tokens of all answers.</param>
/// <param name="TotalTokens">Both.</param>
/// <param name="PromptTokensDetails">How many of the prompt's were known from before.</param>
/// <param name="CompletionTokensDetails">What the answers' were, for chats.</param>
internal sealed record Usage(
    int PromptTokens,
    int CompletionTokens,
    int TotalTokens,
    PromptTokensDetails? PromptTokensDetails,
    CompletionTokensDetails? CompletionTokensDetails = null);
