namespace NemotronH.Checkpoints.Synthetic;

/// <summary>What a random checkpoint came to.</summary>
/// <param name="Parameters">Number of weights.</param>
/// <param name="Bytes">Bytes of all tensors.</param>
/// <param name="Layout">
/// Which module has which precision, in one phrase: where that is known from, or what it was taken from instead.
/// </param>
public sealed record RandomCheckpointSummary(long Parameters, long Bytes, string Layout);
