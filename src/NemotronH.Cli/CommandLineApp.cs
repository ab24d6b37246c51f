using System.CommandLine;
using System.CommandLine.Parsing;
using NemotronH.Cli.Commands;
using NemotronH.Cli.Help;
using NemotronH.Cli.Options;

namespace NemotronH.Cli;

/// <summary>The program: reads a command line, runs its command, and turns failures into exit codes.</summary>
internal static class CommandLineApp
{
    /// <summary>Runs a command line.</summary>
    /// <param name="arguments">What follows the program's name.</param>
    /// <param name="streams">Where the command reads and writes.</param>
    /// <param name="cancellationToken">Ends the command with <see cref="ExitCode.Interrupted"/>.</param>
    /// <returns>A constant of <see cref="ExitCode"/>.</returns>
    public static async Task<int> RunAsync(
        IReadOnlyList<string> arguments, StandardStreams streams, CancellationToken cancellationToken = default)
    {
        // A prompt may begin with '@', which response files would claim; and no option here has a one-letter name to bundle.
        var parsing = new ParserConfiguration { ResponseFileTokenReplacer = null, EnablePosixBundling = false };
        ParseResult parse = new NemotronHCommand(streams).Parse(arguments, parsing);
        var invocation = new InvocationConfiguration
        {
            Output = streams.Output,
            Error = streams.Error,
            EnableDefaultExceptionHandler = false,
            ProcessTerminationTimeout = null,
        };
        try
        {
            RefuseMisuse(parse);
            return await parse.InvokeAsync(invocation, cancellationToken);
        }
        catch (Exception failure)
        {
            return new FailureReport(streams.Error, SharedOptions.IsVerbose(parse)).Report(failure);
        }
    }

    private static void RefuseMisuse(ParseResult parse)
    {
        // Help is given however wrong the rest is, but not for a command that is not there.
        if ((parse.Action is TeachingHelp ? UnknownCommand(parse) : FindMisuse(parse)) is { } misuse)
        {
            throw new UsageException(misuse.TrimEnd('.'), NameOf(parse.CommandResult));
        }
    }

    /// <summary>What is wrong with a command line; a mistyped option comes first, for it may be the reason of other errors.</summary>
    private static string? FindMisuse(ParseResult parse) =>
        MistypedOption(parse) ?? UnmatchedWord(parse) ?? (parse.Errors is [var error, ..] ? error.Message : null);

    private static string? UnmatchedWord(ParseResult parse) => parse.UnmatchedTokens switch
    {
        [] => null,
        [var word, ..] when LooksLikeOption(word) => $"unknown option '{word}'",
        [var word, ..] => UnknownCommand(parse) ?? $"unexpected argument '{word}'",
    };

    private static string? UnknownCommand(ParseResult parse) =>
        parse.UnmatchedTokens is [var word, ..] && !LooksLikeOption(word) && parse.CommandResult.Command.Subcommands.Count > 0
            ? $"unknown command '{word}'"
            : null;

    /// <summary>A word that was taken for a command's text, but looks like an option and does not stand behind <c>--</c>.</summary>
    private static string? MistypedOption(ParseResult parse)
    {
        var beforeDashes = parse.Tokens.TakeWhile(token => token.Type != TokenType.DoubleDash)
            .ToHashSet<object>(ReferenceEqualityComparer.Instance);
        return parse.CommandResult.Children.OfType<ArgumentResult>()
            .SelectMany(argument => argument.Tokens)
            .Where(token => beforeDashes.Contains(token) && LooksLikeOption(token.Value))
            .Select(token => $"unknown option '{token.Value}'; text that begins with a dash goes behind '--'")
            .FirstOrDefault();
    }

    private static bool LooksLikeOption(string word) =>
        word.StartsWith('-') && char.IsLetter(word.TrimStart('-').FirstOrDefault()) && !word.Any(char.IsWhiteSpace);

    private static string NameOf(CommandResult command) =>
        command.Parent is CommandResult parent ? $"{NameOf(parent)} {command.Command.Name}" : command.Command.Name;
}
