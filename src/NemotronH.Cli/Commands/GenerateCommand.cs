using System.CommandLine;
using NemotronH.Cli.Help;
using NemotronH.Cli.Models;
using NemotronH.Cli.Options;
using NemotronH.Cli.Output;
using NemotronH.Generation;

namespace NemotronH.Cli.Commands;

/// <summary><c>nemotronh generate</c>: continues a text, token by token as the tokens are made.</summary>
internal sealed class GenerateCommand : ExampleCommand
{
    private const string CommandLine = "nemotronh generate";

    private readonly Argument<string?> _prompt = new("PROMPT")
    {
        Description = "Text to continue; special tokens in it are recognised. Without it, standard input is read to its end.",
        Arity = ArgumentArity.ZeroOrOne,
    };

    private readonly Option<long[]?> _promptIds = TokenIdsOption.Create(
        "--prompt-ids", "Token ids to continue, in place of a text; needs no tokenizer.");

    private readonly Option<string?> _model = SharedOptions.Model();
    private readonly Option<bool> _json = SharedOptions.Json();
    private readonly SamplingArguments _sampling = new();
    private readonly RunOptions _run = new();
    private readonly StandardStreams _streams;

    public GenerateCommand(StandardStreams streams)
        : base(
            "generate",
            "Continues a text.",
            "The continuation goes to stdout as it is made. What the command line leaves open is taken from the model's "
                + "generation_config.json, else the most likely token is always taken. Without --max-tokens the model goes on until it "
                + "ends the text or the context is full.",
            new("nemotronh generate \"KING:\"", "Lets the tiny model continue a play."),
            new(
                "nemotronh generate --max-tokens 50 --temperature 0.8 --seed 7 \"Once upon a time\"",
                "Samples 50 tokens; the same seed gives the same text again."),
            new("cat story.txt | nemotronh generate --model DIR --stop \"THE END\"", "Continues a file until a stop string."),
            new("nemotronh generate --prompt-ids 1,2,3 --json", "Prints ids, text, finish reason and timings as JSON."))
    {
        _streams = streams;
        Add(_prompt);
        Add(_promptIds);
        _sampling.AddTo(this);
        Add(_model);
        _run.AddTo(this);
        Add(_json);
        SetAction(RunAsync);
    }

    private async Task<int> RunAsync(ParseResult parse, CancellationToken cancellationToken)
    {
        string? prompt = await ReadPromptAsync(parse, cancellationToken);
        string directory = ModelLocator.OfProgram.Find(parse.GetValue(_model));
        using var loaded = LoadedModel.Load(directory, _run, parse, _streams, cancellationToken);
        IReadOnlyList<int> ids = prompt is null ? TokenIdsOption.Narrow(parse.GetValue(_promptIds)!) : loaded.Model.Encode(prompt);
        using GenerationRun run = loaded.Model.Start(ids, _sampling.Read(parse));
        bool hasText = loaded.Model.Tokenizer is not null;
        if (parse.GetValue(_json))
        {
            WriteJson(run, hasText, loaded.LoadTime, cancellationToken);
        }
        else
        {
            WriteText(run, hasText, cancellationToken);
        }

        if (_streams.IsErrorTerminal || SharedOptions.IsVerbose(parse))
        {
            WriteTimings(loaded.LoadTime, run.Timings);
        }

        return ExitCode.Success;
    }

    /// <summary>The text to continue, or <see langword="null"/> where ids are given.</summary>
    private async Task<string?> ReadPromptAsync(ParseResult parse, CancellationToken cancellationToken)
    {
        string? argument = parse.GetValue(_prompt);
        if (parse.GetValue(_promptIds) is { Length: > 0 })
        {
            return argument is null
                ? null
                : throw new UsageException("both PROMPT and --prompt-ids are given; expected one of them", CommandLine);
        }

        const string missing = "there is no prompt; give one as an argument, on standard input or with --prompt-ids";
        string prompt = argument ?? await TextInput.ReadAsync(_streams, CommandLine, missing, cancellationToken);
        return prompt.Length > 0 ? prompt : throw new NemotronHException("the prompt is empty; expected text to continue");
    }

    private void WriteJson(GenerationRun run, bool hasText, TimeSpan loadTime, CancellationToken cancellationToken)
    {
        var text = new StringWriter();
        while (run.MoveNext(cancellationToken))
        {
            text.Write(run.Text);
        }

        CliJson.Write(_streams.Output, GenerateResult.Of(run, hasText ? text.ToString() : null, loadTime));
    }

    /// <summary>Without a tokenizer there is no text to show: ids stand in its place.</summary>
    private void WriteText(GenerationRun run, bool hasText, CancellationToken cancellationToken)
    {
        var continuation = new ContinuationWriter(_streams.Output);
        try
        {
            while (run.MoveNext(cancellationToken))
            {
                continuation.Write(hasText ? run.Text : $"{run.OutputIds[^1]} ");
            }
        }
        finally
        {
            continuation.EndLine();
        }
    }

    private void WriteTimings(TimeSpan loadTime, GenerationTimings timings) => _streams.Error.WriteLine(
        $"load {loadTime.TotalSeconds:0.00} s; "
        + $"prefill {timings.PrefillTokens} tokens, {timings.PrefillTokensPerSecond:0.0} tok/s; "
        + $"decode {timings.DecodeTokens} tokens, {timings.DecodeTokensPerSecond:0.0} tok/s");
}
