namespace NemotronH.Evaluation.Perplexity;

/// <summary>What is recorded of a window.</summary>
/// <param name="Losses">Negative log-likelihoods of its scored tokens in nats, in order.</param>
public sealed record WindowLosses(IReadOnlyList<double> Losses);
