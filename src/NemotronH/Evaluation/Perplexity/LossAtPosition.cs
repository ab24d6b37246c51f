namespace NemotronH.Evaluation.Perplexity;

/// <summary>The mean loss of tokens with about the same number of tokens before them.</summary>
/// <param name="From">Fewest tokens before, in the window.</param>
/// <param name="To">Most.</param>
/// <param name="Tokens">Number of scored tokens.</param>
/// <param name="Nll">Their mean negative log-likelihood in nats.</param>
public sealed record LossAtPosition(int From, int To, int Tokens, double Nll);
