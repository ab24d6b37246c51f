namespace NemotronH.Evaluation.Gsm8k;

/// <summary>Writes problems as prompts, few-shot in the form of the task <c>gsm8k</c> of lm-eval-harness.</summary>
internal static class Gsm8kPromptFormat
{
    private const string Instruction =
        "Solve the problem step by step. End with a line that holds \"#### \" and the answer as a number alone, without a unit.";

    /// <summary>Texts that show that a base model has gone on to the next problem.</summary>
    public static IReadOnlyList<string> StopStrings { get; } = ["Question:", "</s>", "<|im_end|>"];

    /// <summary>Solved examples and a problem, to be continued by its solution.</summary>
    public static string FewShot(IEnumerable<Gsm8kItem> examples, Gsm8kItem item) =>
        string.Concat(examples.Select(example => $"{Ask(example)} {example.Answer}\n\n")) + Ask(item);

    /// <summary>A user's turn: the few-shot form, or without examples the problem and how to end its solution.</summary>
    public static string UserTurn(IReadOnlyCollection<Gsm8kItem> examples, Gsm8kItem item) =>
        examples.Count > 0 ? FewShot(examples, item) : $"{item.Question}\n\n{Instruction}";

    /// <summary>What an assistant says when it is done thinking: the text behind the last <c>&lt;/think&gt;</c>.</summary>
    /// <param name="text">All that it said.</param>
    /// <param name="thinking">Whether it was to think; if so and it never ended, it has said nothing.</param>
    public static string WithoutThoughts(string text, bool thinking)
    {
        const string EndOfThoughts = "</think>";
        int end = text.LastIndexOf(EndOfThoughts, StringComparison.Ordinal);
        return end >= 0 ? text[(end + EndOfThoughts.Length)..] : thinking ? "" : text;
    }

    private static string Ask(Gsm8kItem item) => $"Question: {item.Question}\nAnswer:";
}
