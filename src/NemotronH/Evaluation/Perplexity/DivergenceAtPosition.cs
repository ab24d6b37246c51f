namespace NemotronH.Evaluation.Perplexity;

/// <summary>Means over tokens with about the same number of tokens before them.</summary>
/// <param name="From">Fewest tokens before, in the window.</param>
/// <param name="To">Most.</param>
/// <param name="Tokens">Number of scored tokens.</param>
/// <param name="Nll">Mean loss under the model, in nats.</param>
/// <param name="ReferenceNll">Mean loss under the reference.</param>
/// <param name="Kl">Mean KL(reference ‖ model).</param>
public sealed record DivergenceAtPosition(int From, int To, int Tokens, double Nll, double ReferenceNll, double Kl);
