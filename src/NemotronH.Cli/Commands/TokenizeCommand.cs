using System.CommandLine;
using System.Text;
using System.Text.Unicode;
using NemotronH.Cli.Help;
using NemotronH.Cli.Models;
using NemotronH.Cli.Options;
using NemotronH.Cli.Output;
using NemotronH.Text;

namespace NemotronH.Cli.Commands;

/// <summary><c>nemotronh tokenize</c>: turns text into token ids.</summary>
internal sealed class TokenizeCommand : ExampleCommand
{
    private const string CommandLine = "nemotronh tokenize";

    private readonly Argument<string?> _text = new("TEXT")
    {
        Description = "The text; special tokens in it are recognised. Without it and --file, standard input is read.",
        Arity = ArgumentArity.ZeroOrOne,
    };

    private readonly Option<string?> _file = ValueOption.Text(
        "--file", "FILE", "Take the text from a UTF-8 file, byte order mark and line ends kept.");

    private readonly Option<bool> _noSpecial = ValueOption.Flag(
        "--no-special", "Leave out what the tokenizer adds around a text, such as a beginning-of-text token.");

    private readonly Option<string?> _model = SharedOptions.Model();
    private readonly Option<bool> _json = SharedOptions.Json();
    private readonly StandardStreams _streams;

    public TokenizeCommand(StandardStreams streams)
        : base(
            "tokenize",
            "Turns text into the token ids that the model would see.",
            "Only the tokenizer's files are read.",
            new("nemotronh tokenize \"To be, or not to be\"", "Prints the ids on one line, with spaces between them."),
            new(
                "nemotronh tokenize --file play.txt --model DIR --json",
                "Prints ids and the text that they decode to, special tokens included."))
    {
        _streams = streams;
        Add(_text);
        Add(_file);
        Add(_noSpecial);
        Add(_model);
        Add(_json);
        SetAction(RunAsync);
    }

    private async Task<int> RunAsync(ParseResult parse, CancellationToken cancellationToken)
    {
        string text = await ReadTextAsync(parse, cancellationToken);
        var tokenizer = Tokenizer.Load(ModelLocator.OfProgram.Find(parse.GetValue(_model)));
        int[] ids = tokenizer.Encode(text, addSpecialTokens: !parse.GetValue(_noSpecial));
        if (parse.GetValue(_json))
        {
            CliJson.Write(_streams.Output, new TokenizeResult(ids, tokenizer.Decode(ids, skipSpecialTokens: false)));
        }
        else
        {
            _streams.Output.WriteLine(string.Join(' ', ids));
        }

        return ExitCode.Success;
    }

    private async Task<string> ReadTextAsync(ParseResult parse, CancellationToken cancellationToken)
    {
        const string missing = "there is no text; give one as an argument, with --file or on standard input";
        return (parse.GetValue(_text), parse.GetValue(_file)) switch
        {
            (null, null) => await TextInput.ReadAsync(_streams, CommandLine, missing, cancellationToken),
            (null, { } path) => await ReadFileAsync(path, cancellationToken),
            ({ } text, null) => text,
            _ => throw new UsageException("both TEXT and --file are given; expected one of them", CommandLine),
        };
    }

    private async Task<string> ReadFileAsync(string path, CancellationToken cancellationToken)
    {
        try
        {
            byte[] bytes = await File.ReadAllBytesAsync(path, cancellationToken);
            string text = Encoding.UTF8.GetString(bytes);
            if (!Utf8.IsValid(bytes))
            {
                _streams.Error.WriteLine($"warning: {path}: not valid UTF-8; U+FFFD stands for what cannot be read");
            }

            return text;
        }
        catch (Exception exception) when (exception is IOException or UnauthorizedAccessException)
        {
            throw new NemotronHException($"{path}: cannot be read: {exception.Message}", exception);
        }
    }
}

/// <summary>What <c>tokenize --json</c> prints.</summary>
/// <param name="Ids">Token ids.</param>
/// <param name="Text">What they decode to, special tokens included.</param>
internal sealed record TokenizeResult(IReadOnlyList<int> Ids, string Text);
