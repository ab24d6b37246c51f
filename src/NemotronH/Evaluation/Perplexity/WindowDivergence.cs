namespace NemotronH.Evaluation.Perplexity;

/// <summary>What is recorded of a window under two models; all lists have one entry a scored token, in order.</summary>
/// <param name="Divergences">KL(reference ‖ model) in nats.</param>
/// <param name="Losses">Negative log-likelihoods under the model.</param>
/// <param name="ReferenceLosses">Negative log-likelihoods under the reference.</param>
/// <param name="Agreements">How many tokens both models think the most likely one.</param>
public sealed record WindowDivergence(
    IReadOnlyList<double> Divergences, IReadOnlyList<double> Losses, IReadOnlyList<double> ReferenceLosses, int Agreements);
