namespace NemotronH.Server.Protocol;

/// <summary>The probabilities of a completion's tokens, and of the prompt's where that is echoed: lists of one length.</summary>
/// <param name="Tokens">Their texts.</param>
/// <param name="TokenLogprobs">Natural logarithms of their probabilities; null for a prompt's first token.</param>
/// <param name="TopLogprobs">The most likely tokens at each place.</param>
/// <param name="TextOffset">Where each begins in the text.</param>
internal sealed record CompletionLogProbs(
    IReadOnlyList<string> Tokens,
    IReadOnlyList<float?> TokenLogprobs,
    IReadOnlyList<IReadOnlyDictionary<string, float>?> TopLogprobs,
    IReadOnlyList<int> TextOffset);
