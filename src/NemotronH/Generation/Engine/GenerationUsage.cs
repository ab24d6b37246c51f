namespace NemotronH.Generation;

/// <summary>Tokens that a request took.</summary>
/// <param name="PromptTokens">Tokens of the prompt.</param>
/// <param name="CachedTokens">Those of them whose state came from the prefix cache.</param>
/// <param name="CompletionTokens">Tokens generated so far.</param>
public readonly record struct GenerationUsage(int PromptTokens, int CachedTokens, int CompletionTokens)
{
    /// <summary>Prompt and generated tokens.</summary>
    public int TotalTokens => PromptTokens + CompletionTokens;
}
