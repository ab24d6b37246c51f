namespace NemotronH.Cli.Tests.Support;

/// <summary>Runs command lines in this process.</summary>
internal static class CommandLine
{
    public static async Task<CommandResult> RunAsync(params string[] arguments) => await RunAsync(arguments, stdin: "");

    public static async Task<CommandResult> RunAsync(
        string[] arguments,
        string stdin = "",
        bool isTerminal = false,
        TextWriter? output = null,
        CancellationToken? cancellationToken = null)
    {
        output ??= new StringWriter { NewLine = "\n" };
        var error = new StringWriter { NewLine = "\n" };
        using var streams = new StandardStreams
        {
            Input = new StringReader(stdin),
            Output = output,
            Error = error,
            IsInputTerminal = isTerminal,
            IsErrorTerminal = isTerminal,
        };
        int exitCode = await CommandLineApp.RunAsync(arguments, streams, cancellationToken ?? TestContext.Current.CancellationToken);
        return new CommandResult(exitCode, output.ToString()!, error.ToString());
    }
}
