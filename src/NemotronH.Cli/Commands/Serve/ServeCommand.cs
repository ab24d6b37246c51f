using System.CommandLine;
using Microsoft.Extensions.Logging;
using NemotronH.Cli.Help;
using NemotronH.Cli.Models;
using NemotronH.Cli.Options;
using NemotronH.Cli.Output;
using NemotronH.Configuration;
using NemotronH.Generation;
using NemotronH.Server;

namespace NemotronH.Cli.Commands.Serve;

/// <summary><c>nemotronh serve</c>: an HTTP server with OpenAI's API.</summary>
internal sealed class ServeCommand : ExampleCommand
{
    private readonly Option<string?> _model = SharedOptions.Model();
    private readonly Option<int?> _queueLimit = ValueOption.Integer(
        "--queue-limit", "N", $"Most requests that wait; more are refused with 429. [default: {EngineOptions.DefaultQueueLimit}]", atLeast: 0);

    private readonly Option<long?> _prefixCache = ValueOption.Parsed(
        "--prefix-cache",
        "SIZE",
        "Memory for states of earlier prompts, which prompts that begin alike go on from; 0 keeps none. [default: 1GiB]",
        "a size; expected a number of bytes or one such as 500MB or 2GiB",
        ByteSize.Parse);

    private readonly RunOptions _run = new(EngineOptions.DefaultMaxSequences);
    private readonly ServerArguments _server = new();
    private readonly LogArguments _log = new();
    private readonly StandardStreams _streams;

    public ServeCommand(StandardStreams streams)
        : base(
            "serve",
            "Serves a model over HTTP with OpenAI's API, and a chat page at /.",
            "Nobody but this machine is answered unless --host says so. Once the server answers, one line on stdout says where; the log goes to "
                + "stderr and shows no texts unless --log-text is given. Ctrl-C or SIGTERM lets running answers end, then the command does, with "
                + "exit code 0. OTEL_EXPORTER_OTLP_ENDPOINT and the other standard variables send traces and metrics to a collector. "
                + "docs/serving.md says more.",
            new("nemotronh serve", "Serves the tiny model on http://127.0.0.1:8000."),
            new("nemotronh serve --model DIR --max-sequences 64 --max-context 32768", "Answers up to 64 requests at once."),
            new(
                "nemotronh serve --model DIR --host 0.0.0.0 --allowed-host llm.example.org --api-key-file keys.txt",
                "Answers other machines that have a key and know the server by that name."))
    {
        _streams = streams;
        Add(_model);
        _run.AddTo(this);
        Add(_queueLimit);
        Add(_prefixCache);
        _server.AddTo(this);
        _log.AddTo(this);
        SetAction(RunAsync);
    }

    private async Task<int> RunAsync(ParseResult parse, CancellationToken cancellationToken)
    {
        ServerOptions options = _server.Read(parse) with { LogText = _log.ShowsText(parse) };
        options.Validate();
        string directory = ModelLocator.OfProgram.Find(parse.GetValue(_model));
        Action<ILoggingBuilder> logging = _log.Read(parse, _streams.IsErrorTerminal);
        using ILoggerFactory loggers = LoggerFactory.Create(logging);
        await using InferenceEngine engine = await LoadAsync(directory, parse, loggers, cancellationToken);
        await using ModelServer server = await ModelServer.StartAsync(
            engine, options with { ModelName = options.ModelName ?? NameOf(parse, engine) }, logging, cancellationToken);
        _streams.Output.WriteLine($"listening on {server.Address}");
        await engine.Completion.WaitAsync(cancellationToken).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        await server.StopAsync();

        // A service manager is to start another, which a success would not have it do.
        return engine.HasFailed ? throw new NemotronHException("the model's engine has failed; the log says why") : ExitCode.Success;
    }

    private Task<InferenceEngine> LoadAsync(
        string directory, ParseResult parse, ILoggerFactory loggers, CancellationToken cancellationToken)
    {
        ModelOptions model = _run.Read(parse);
        var options = new EngineOptions
        {
            Model = model,
            MaxSequences = model.MaxSequences,
            PrefillChunk = model.PrefillChunk,
            QueueLimit = parse.GetValue(_queueLimit) ?? EngineOptions.DefaultQueueLimit,
            PrefixCacheBytes = parse.GetValue(_prefixCache) ?? EngineOptions.DefaultPrefixCacheBytes,
            LoggerFactory = loggers,
        };
        double blocks = NemotronHConfigReader.Load(directory).Layers.Length;
        return ProgressDisplay.Run(
            _streams,
            "loading",
            progress => InferenceEngine.LoadAsync(
                directory, options, new Relay<int>(loaded => progress.Report(loaded / blocks)), cancellationToken),
            cancellationToken);
    }

    /// <summary>A model of the Hub keeps the name it has there: its directory's is a hash.</summary>
    private string NameOf(ParseResult parse, InferenceEngine engine) =>
        parse.GetValue(_model) is { } name && !Directory.Exists(name) ? name : engine.ModelName;
}
