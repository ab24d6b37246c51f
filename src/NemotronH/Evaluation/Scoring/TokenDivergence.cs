namespace NemotronH.Evaluation.Scoring;

/// <summary>Two models compared at one position.</summary>
/// <param name="Divergence">KL(reference ‖ model) in nats, at least 0.</param>
/// <param name="Loss">Negative log-likelihood of the token that follows, under the model.</param>
/// <param name="ReferenceLoss">The same under the reference.</param>
/// <param name="Agrees">Whether both give the same token the greatest probability.</param>
internal readonly record struct TokenDivergence(double Divergence, double Loss, double ReferenceLoss, bool Agrees);
