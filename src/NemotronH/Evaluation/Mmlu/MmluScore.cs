namespace NemotronH.Evaluation.Mmlu;

/// <summary>Accuracy on a subject or category.</summary>
/// <param name="Name">Its name.</param>
/// <param name="Category">The subject's category; <see langword="null"/> for a category.</param>
/// <param name="Items">Number of questions.</param>
/// <param name="Accuracy">Fraction answered rightly.</param>
/// <param name="AccuracyStderr">Its standard error; of a category that within its subjects.</param>
public sealed record MmluScore(string Name, string? Category, int Items, double Accuracy, double? AccuracyStderr);
