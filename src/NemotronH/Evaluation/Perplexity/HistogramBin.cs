namespace NemotronH.Evaluation.Perplexity;

/// <summary>How many tokens have a divergence in a range.</summary>
/// <param name="From">Least divergence in nats.</param>
/// <param name="To">The divergence that is too large for the range.</param>
/// <param name="Tokens">Number of tokens.</param>
public sealed record HistogramBin(double From, double To, int Tokens);
