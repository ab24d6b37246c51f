using System.CommandLine;
using NemotronH.Chat;
using NemotronH.Cli.Help;
using NemotronH.Cli.Models;
using NemotronH.Cli.Options;
using NemotronH.Cli.Output;
using NemotronH.Configuration;
using NemotronH.Generation;
using NemotronH.Text.Templates;

namespace NemotronH.Cli.Commands.Chat;

/// <summary><c>nemotronh chat</c>: a conversation with a model in the terminal, or through a pipe.</summary>
internal sealed class ChatCommand : ExampleCommand
{
    private readonly Option<string?> _system = ValueOption.Text("--system", "TEXT", "The system prompt.");
    private readonly Option<bool> _noThink = ValueOption.Flag("--no-think", "Answer without reasoning first. [default: as the model's template does]");
    private readonly Option<string?> _model = SharedOptions.Model();
    private readonly SamplingArguments _sampling = new();
    private readonly RunOptions _run = new();
    private readonly StandardStreams _streams;

    public ChatCommand(StandardStreams streams)
        : base(
            "chat",
            "Talks with a model.",
            "Answers go to stdout as they are made, reasoning and everything else to stderr. /help lists the commands within a chat. A line that ends "
                + "in a backslash goes on in the next; \"\"\" begins and ends a block of lines. Ctrl-C stops an answer, and twice at the prompt "
                + "leaves. Lines from a pipe are turns; the first failure ends it.",
            new("nemotronh chat", "Talks with the tiny model that comes with the program."),
            new("nemotronh chat --model DIR --system \"Answer in one sentence.\" --temperature 0.6", "Talks with another model."),
            new("printf 'Hello!\\nAnd now?\\n' | nemotronh chat --max-tokens 50", "Has two turns and prints both answers."))
    {
        _streams = streams;
        Add(_system);
        Add(_noThink);
        _sampling.AddTo(this);
        Add(_model);
        _run.AddTo(this);
        SetAction(RunAsync);
    }

    private async Task<int> RunAsync(ParseResult parse, CancellationToken cancellationToken)
    {
        string directory = ModelLocator.OfProgram.Find(parse.GetValue(_model));
        var template = ChatTemplate.Load(directory);
        await using InferenceEngine engine = LoadEngine(directory, _run.Read(parse), cancellationToken);
        var settings = new ChatSettings(_sampling.Read(parse), parse.GetValue(_noThink) ? false : null);
        var session = new ChatSession(new ChatEngine(engine, template), settings, new Conversation(parse.GetValue(_system)), _streams);
        if (_streams.IsInputTerminal && _streams.IsErrorTerminal)
        {
            _streams.Error.WriteLine(AnswerWriter.Dimmed(_streams, $"[{engine.ModelName}, {engine.MaxContext} tokens of context; /help for help]"));
        }

        await new ChatLoop(session, _streams, SharedOptions.IsVerbose(parse)).RunAsync(cancellationToken);
        return ExitCode.Success;
    }

    private InferenceEngine LoadEngine(string directory, ModelOptions model, CancellationToken cancellationToken)
    {
        double blocks = NemotronHConfigReader.Load(directory).Layers.Length;
        var options = new EngineOptions
        {
            Model = model,
            MaxSequences = model.MaxSequences,
            PrefillChunk = model.PrefillChunk,
            LoggerFactory = new NoteLogger(_streams.Error),
        };
        return ProgressDisplay.Run(
            _streams,
            "loading",
            progress =>
            {
                var relay = new Relay<int>(loaded => progress.Report(loaded / blocks));
                return InferenceEngine.LoadAsync(directory, options, relay, cancellationToken).GetAwaiter().GetResult();
            },
            cancellationToken);
    }
}
