namespace NemotronH.Cli.Commands.Chat;

/// <summary>Reads turns and answers them, until the input ends.</summary>
/// <param name="session">Answers.</param>
/// <param name="streams">Where turns come from.</param>
/// <param name="verbose">Whether the line under an answer shows even where no person reads it, and failures tell where they arose.</param>
internal sealed class ChatLoop(ChatSession session, StandardStreams streams, bool verbose)
{
    private readonly TurnReader _turns = new(streams);
    private readonly SlashCommands _commands = new(session, streams);

    /// <summary>Runs the chat.</summary>
    /// <exception cref="NemotronHException">Something failed, and no person is there to do something about it.</exception>
    /// <exception cref="OperationCanceledException">A person, or a signal, ended the program.</exception>
    public async Task RunAsync(CancellationToken cancellationToken)
    {
        bool goesOn = true;
        while (goesOn)
        {
            try
            {
                goesOn = await TakeTurnAsync(cancellationToken);
            }
            catch (NemotronHException failure) when (streams.IsInputTerminal)
            {
                new FailureReport(streams.Error, verbose).Report(failure);
            }
        }
    }

    /// <returns>Whether the chat goes on.</returns>
    private async Task<bool> TakeTurnAsync(CancellationToken cancellationToken)
    {
        switch (await _turns.ReadAsync(cancellationToken))
        {
            case null:
                return false;
            case var blank when string.IsNullOrWhiteSpace(blank):
                return true;
            case ['/', not '/', ..] command:
                _commands.Run(command);
                return !_commands.IsExit;
            case var message:
                await SayAsync(message.StartsWith("//", StringComparison.Ordinal) ? message[1..] : message, cancellationToken);
                return true;
        }
    }

    private async Task SayAsync(string message, CancellationToken cancellationToken)
    {
        AnswerReport report = await session.SayAsync(message, cancellationToken);
        if (streams.IsErrorTerminal || verbose)
        {
            streams.Error.WriteLine(AnswerWriter.Dimmed(streams, report.ToString()));
        }
    }
}
