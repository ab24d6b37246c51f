namespace NemotronH.Cli.Commands.Chat;

/// <summary>The commands of a chat; what they say goes to stderr.</summary>
internal sealed class SlashCommands
{
    private readonly ChatSession _session;
    private readonly StandardStreams _streams;
    private readonly SlashCommand[] _commands;

    /// <summary>Creates them.</summary>
    /// <param name="session">What they change.</param>
    /// <param name="streams">Where they answer.</param>
    public SlashCommands(ChatSession session, StandardStreams streams)
    {
        _session = session;
        _streams = streams;
        _commands =
        [
            new("/help", "lists the commands", NoWords("/help", Help)),
            new("/clear", "begins a new conversation; the system prompt stays", NoWords("/clear", () => session.Conversation.Clear())),
            new("/system TEXT", "sets the system prompt; without TEXT there is none", text => session.Conversation.SetSystem(text)),
            new("/think on|off", "whether the model reasons before it answers", Think),
            new("/set NAME VALUE", "sets temperature, top-p or max-tokens; VALUE may be default; alone it lists them", Set),
            new("/tokens", "how long the conversation is", NoWords("/tokens", CountTokens)),
            new("/save FILE", "writes the conversation as OpenAI messages", Save),
            new("/load FILE", "goes on with a conversation from a file", Load),
            new("/exit", "leaves, as Ctrl-D does", NoWords("/exit", () => IsExit = true)),
        ];
    }

    /// <summary>Whether the chat is to end.</summary>
    public bool IsExit { get; private set; }

    /// <summary>Runs a command.</summary>
    /// <param name="line">As it was typed, slash included.</param>
    /// <exception cref="NemotronHException">There is no such command, or it failed.</exception>
    public void Run(string line)
    {
        string[] parts = line.Trim().Split((char[]?)null, 2);
        SlashCommand command = _commands.FirstOrDefault(command => command.Name == parts[0])
            ?? throw new NemotronHException($"unknown command '{parts[0]}'; /help lists them, and a message that begins with a slash is typed with two");
        command.Run(parts.Length > 1 ? parts[1].Trim() : "");
    }

    private static Action<string> NoWords(string name, Action run) => words =>
    {
        if (words.Length > 0)
        {
            throw new NemotronHException($"{name}: unexpected '{words}'");
        }

        run();
    };

    private static string File(string name, string words) =>
        words.Length > 0 ? words : throw new NemotronHException($"{name}: there is no file name");

    private void Help()
    {
        int width = _commands.Max(command => command.Usage.Length);
        foreach (SlashCommand command in _commands)
        {
            _streams.Error.WriteLine($"{command.Usage.PadRight(width)}  {command.Description}");
        }

        _streams.Error.WriteLine("A line that ends in a backslash goes on in the next; \"\"\" begins and ends a block. Ctrl-C stops an answer.");
    }

    private void Think(string words) => _session.Settings.Thinking = words switch
    {
        "on" => true,
        "off" => false,
        _ => throw new NemotronHException($"/think: '{words}' is not 'on' or 'off'"),
    };

    private void Set(string words)
    {
        if (words.Length == 0)
        {
            _streams.Error.WriteLine(_session.Settings);
            return;
        }

        _session.Settings.Set(words);
    }

    private void CountTokens() => _streams.Error.WriteLine($"{_session.CountTokens()} of {_session.MaxContext} tokens, {_session.Conversation.Count} messages");

    private void Save(string words)
    {
        _session.Conversation.Save(File("/save", words));
        Acknowledge($"{_session.Conversation.Count} messages saved");
    }

    private void Load(string words)
    {
        _session.Conversation = Conversation.Load(File("/load", words));
        Acknowledge($"{_session.Conversation.Count} messages loaded");
    }

    private void Acknowledge(string text)
    {
        if (_streams.IsErrorTerminal)
        {
            _streams.Error.WriteLine(AnswerWriter.Dimmed(_streams, $"[{text}]"));
        }
    }
}
