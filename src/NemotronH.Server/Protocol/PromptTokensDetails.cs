namespace NemotronH.Server.Protocol;

/// <summary>What a prompt's tokens were.</summary>
/// <param name="CachedTokens">Those whose states were kept from an earlier request.</param>
internal sealed record PromptTokensDetails(int CachedTokens);
