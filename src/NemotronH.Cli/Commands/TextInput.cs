namespace NemotronH.Cli.Commands;

/// <summary>Reads text that is piped into a command.</summary>
internal static class TextInput
{
    /// <summary>Reads stdin to its end, its line ends kept as they are.</summary>
    /// <param name="streams">The command's streams.</param>
    /// <param name="command">The command, as typed.</param>
    /// <param name="missing">What the command line lacks, for the message on a terminal.</param>
    /// <param name="cancellationToken">Ends the waiting.</param>
    /// <exception cref="UsageException">stdin is a terminal.</exception>
    public static async Task<string> ReadAsync(StandardStreams streams, string command, string missing, CancellationToken cancellationToken)
    {
        if (streams.IsInputTerminal)
        {
            throw new UsageException(missing, command);
        }

        // A read that waits for a pipe cannot be interrupted; it is left behind.
        return await Task.Run(streams.Input.ReadToEnd, cancellationToken).WaitAsync(cancellationToken);
    }
}
