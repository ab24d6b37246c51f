namespace NemotronH.Evaluation.Mmlu;

/// <summary>A question of MMLU.</summary>
/// <param name="Subject">Its subject, as in <c>abstract_algebra</c>.</param>
/// <param name="Question">The question.</param>
/// <param name="Choices">Four answers.</param>
/// <param name="Answer">Index of the right one.</param>
public sealed record MmluQuestion(string Subject, string Question, IReadOnlyList<string> Choices, int Answer)
{
    /// <summary>Number of answers to a question.</summary>
    public const int ChoiceCount = 4;

    /// <summary>The letters of the answers.</summary>
    public const string Letters = "ABCD";
}
