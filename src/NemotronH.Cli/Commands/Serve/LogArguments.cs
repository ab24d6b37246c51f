using System.CommandLine;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Logging.Console;
using NemotronH.Cli.Options;

namespace NemotronH.Cli.Commands.Serve;

/// <summary>The options that say how the server logs; it does so on stderr.</summary>
internal sealed class LogArguments
{
    private const string Json = "json";
    private const string Text = "text";

    private readonly Option<string?> _format = ValueOption.Choice(
        "--log-format", "Form of the log: one JSON object a line, or text. [default: text on a terminal, else json]", Json, Text);

    private readonly Option<bool> _text = ValueOption.Flag("--log-text", "Also log what is asked and answered, which may be private.");

    /// <summary>Adds the options to a command.</summary>
    public void AddTo(Command command)
    {
        command.Add(_format);
        command.Add(_text);
    }

    /// <summary>Whether texts are to be logged.</summary>
    public bool ShowsText(ParseResult parse) => parse.GetValue(_text);

    /// <summary>What a command line asks for.</summary>
    /// <param name="parse">The command line.</param>
    /// <param name="isTerminal">Whether a person reads the log.</param>
    public Action<ILoggingBuilder> Read(ParseResult parse, bool isTerminal)
    {
        string format = parse.GetValue(_format) ?? (isTerminal ? Text : Json);
        LogLevel least = SharedOptions.IsVerbose(parse) ? LogLevel.Debug : LogLevel.Information;
        return logging =>
        {
            logging.SetMinimumLevel(least);
            logging.AddFilter("Microsoft", LogLevel.Warning);
            Console(logging, format).Services.Configure(
                (ConsoleLoggerOptions options) => options.LogToStandardErrorThreshold = LogLevel.Trace);
        };
    }

    private static ILoggingBuilder Console(ILoggingBuilder logging, string format) => format == Json
        ? logging.AddJsonConsole(options =>
        {
            options.UseUtcTimestamp = true;
            options.TimestampFormat = "yyyy-MM-dd'T'HH:mm:ss.fff'Z'";
        })
        : logging.AddSimpleConsole(options =>
        {
            options.SingleLine = true;
            options.TimestampFormat = "HH:mm:ss ";
        });
}
