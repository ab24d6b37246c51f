namespace NemotronH.Generation;

/// <summary>A token and how likely the model finds it.</summary>
/// <param name="Id">Token id.</param>
/// <param name="LogProb">Natural logarithm of its probability.</param>
public readonly record struct TokenLogProb(int Id, float LogProb);
