namespace NemotronH.Cli.Tests.Support;

/// <summary>A small random model that can chat, and a place for its files.</summary>
internal sealed class ChatModel : IDisposable
{
    private const string Template =
        "{% for m in messages %}<s>{{ m.role[0] }}{{ m.content }}</s>{% endfor %}{% if add_generation_prompt %}<s>a{{ '<think>\n' if enable_thinking }}{% endif %}";

    public ChatModel()
    {
        string model = TestModel.Write(Directory, tokenizer: true);
        File.WriteAllText(System.IO.Path.Join(model, "chat_template.jinja"), Template);
        Path = model;
    }

    public TemporaryDirectory Directory { get; } = new();

    public string Path { get; }

    /// <summary>Chats through a pipe; every answer has four tokens unless options say otherwise.</summary>
    public Task<CommandResult> ChatAsync(string stdin, params string[] options) => CommandLine.RunAsync(Arguments(options), stdin);

    public string[] Arguments(params string[] options) =>
        ["chat", "--model", Path, "--device", "cpu", "--ignore-eos", .. options.Contains("--max-tokens") ? [] : new[] { "--max-tokens", "4" }, .. options];

    public void Dispose() => Directory.Dispose();
}
