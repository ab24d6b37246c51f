using NemotronH.Caching;

namespace NemotronH.Modules;

/// <summary>Consecutive rows of a batch that are the next tokens of one sequence.</summary>
/// <param name="Sequence">The sequence; its length is that before this batch.</param>
/// <param name="Row">First row in the batch.</param>
/// <param name="Count">Number of rows.</param>
public readonly record struct SequenceSpan(CachedSequence Sequence, int Row, int Count);
