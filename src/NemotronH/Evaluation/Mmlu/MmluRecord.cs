namespace NemotronH.Evaluation.Mmlu;

/// <summary>What is recorded of a question.</summary>
/// <param name="LogLikelihoods">ln p(letter | context) of the four letters.</param>
/// <param name="Choice">Index of the most likely, of equally likely ones the first.</param>
/// <param name="Correct">Whether it is the right one.</param>
public sealed record MmluRecord(IReadOnlyList<double> LogLikelihoods, int Choice, bool Correct);
