using NemotronH.Cli.Tests.Support;

namespace NemotronH.Cli.Tests.Eval;

/// <summary>A small random model with a tokenizer, and files to evaluate it on.</summary>
internal sealed class EvalModel : IDisposable
{
    private const string Template = "{% for m in messages %}<s>{{ m.content }}</s>{% endfor %}{{ '<think>' if enable_thinking }}";

    public EvalModel()
    {
        Model = TestModel.Write(Directory, tokenizer: true);
        File.WriteAllText(Path.Join(Model, "chat_template.jinja"), Template);
    }

    public TemporaryDirectory Directory { get; } = new();

    public string Model { get; }

    public string Text() => Directory.Write("text.txt", string.Concat(Enumerable.Range(0, 30).Select(i => $"Line {i} of the text.\n")));

    public string Problems(int count = 6) => Directory.Write(
        "problems.jsonl",
        string.Concat(Enumerable.Range(0, count).Select(i => $"{{\"question\": \"{i} + 1?\", \"answer\": \"{i}+1\\n#### {i + 1}\"}}\n")));

    public string Questions(int copies = 1)
    {
        foreach (string split in new[] { "test", "dev" })
        {
            foreach (string subject in new[] { "anatomy", "marketing" })
            {
                string questions = string.Concat(Enumerable.Repeat("\"One, two\nor three?\",1,2,3,4,A\nFour?,1,2,3,4,D\n", copies));
                Directory.Write($"mmlu/{split}/{subject}_{split}.csv", questions);
            }
        }

        return Directory["mmlu"];
    }

    /// <summary>Runs a benchmark on the model.</summary>
    public Task<CommandResult> RunAsync(string benchmark, params string[] options) =>
        CommandLine.RunAsync(["eval", .. benchmark.Split(' '), "--model", Model, "--device", "cpu", .. options]);

    public void Dispose() => Directory.Dispose();
}
