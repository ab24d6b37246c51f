namespace NemotronH.Evaluation.Gsm8k;

/// <summary>A problem of GSM8K as OpenAI published it.</summary>
/// <param name="Question">The problem.</param>
/// <param name="Answer">The solution with its calculator annotations (<c>&lt;&lt;48/2=24&gt;&gt;</c>), ended by a line <c>#### answer</c>.</param>
public sealed record Gsm8kItem(string Question, string Answer);
