using Spectre.Console;

namespace NemotronH.Cli.Output;

/// <summary>The bars that displays of progress draw on stderr, gone when their work is done.</summary>
internal static class ProgressBars
{
    /// <summary>A bar with the finished part in per cent and the time that remains.</summary>
    /// <param name="streams">Whose stderr, a terminal.</param>
    public static Progress OfWork(StandardStreams streams) => Create(streams, new PercentageColumn());

    /// <summary>A bar with the bytes that came, their rate and the time that remains.</summary>
    /// <param name="streams">Whose stderr, a terminal.</param>
    public static Progress OfBytes(StandardStreams streams) => Create(streams, new DownloadedColumn(), new TransferSpeedColumn());

    private static Progress Create(StandardStreams streams, params ProgressColumn[] figures)
    {
        IAnsiConsole console = AnsiConsole.Create(new AnsiConsoleSettings { Out = new AnsiConsoleOutput(streams.Error) });
        return console.Progress().AutoClear(true).Columns([new TaskDescriptionColumn(), new ProgressBarColumn(), .. figures, new RemainingTimeColumn()]);
    }
}
