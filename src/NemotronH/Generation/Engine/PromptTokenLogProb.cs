namespace NemotronH.Generation;

/// <summary>A prompt token and how likely the model finds it after those before it.</summary>
/// <param name="Id">Token id.</param>
/// <param name="LogProb">Natural logarithm of its probability.</param>
/// <param name="Top">The most likely tokens at its place, most likely first.</param>
public sealed record PromptTokenLogProb(int Id, float LogProb, IReadOnlyList<TokenLogProb> Top);
