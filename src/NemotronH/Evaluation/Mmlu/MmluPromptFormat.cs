namespace NemotronH.Evaluation.Mmlu;

/// <summary>Writes questions as the task <c>mmlu</c> of lm-eval-harness does.</summary>
internal static class MmluPromptFormat
{
    /// <summary>The subject, answered examples and a question, up to where the letter stands.</summary>
    public static string Context(IEnumerable<MmluQuestion> examples, MmluQuestion question) =>
        $"The following are multiple choice questions (with answers) about {question.Subject.Replace('_', ' ')}.\n\n" +
        string.Concat(examples.Select(example => $"{Ask(example)}{Letter(example.Answer)}\n\n")) +
        Ask(question);

    /// <summary>The continuation that gives an answer.</summary>
    public static string Letter(int choice) => $" {MmluQuestion.Letters[choice]}";

    private static string Ask(MmluQuestion question) =>
        $"{question.Question.Trim()}\n" +
        string.Concat(question.Choices.Select((choice, index) => $"{MmluQuestion.Letters[index]}. {choice}\n")) +
        "Answer:";
}
