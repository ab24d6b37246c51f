namespace NemotronH.Evaluation.Runs;

/// <summary>How far a run has come.</summary>
/// <param name="Done">Items that are recorded, those of earlier runs included.</param>
/// <param name="Total">Items in all.</param>
public readonly record struct RunProgress(int Done, int Total);
