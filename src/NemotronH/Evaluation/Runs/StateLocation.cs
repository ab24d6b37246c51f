namespace NemotronH.Evaluation.Runs;

/// <summary>Where a run keeps the records of finished items.</summary>
/// <param name="Path">A JSON lines file; it is created where there is none.</param>
/// <param name="Restart">Whether to begin anew where there is one.</param>
public sealed record StateLocation(string Path, bool Restart = false);
