using NemotronH.Checkpoints.Hub;
using Spectre.Console;

namespace NemotronH.Cli.Output;

/// <summary>Bytes, speed and the time that remains, on stderr while files are fetched; nothing where stderr is no terminal.</summary>
internal static class TransferDisplay
{
    /// <summary>Fetches something under a progress bar, which is gone afterwards.</summary>
    /// <param name="streams">Where to show it.</param>
    /// <param name="work">Fetches it; told where to report.</param>
    /// <param name="cancellationToken">Looked at before it begins.</param>
    /// <exception cref="OperationCanceledException">Cancellation was asked for.</exception>
    public static async Task<T> RunAsync<T>(
        StandardStreams streams, Func<IProgress<HubProgress>?, Task<T>> work, CancellationToken cancellationToken)
    {
        cancellationToken.ThrowIfCancellationRequested();
        if (!streams.IsErrorTerminal)
        {
            return await work(null);
        }

        IAnsiConsole console = AnsiConsole.Create(new AnsiConsoleSettings { Out = new AnsiConsoleOutput(streams.Error) });
        Progress progress = console.Progress().AutoClear(true).Columns(
            new TaskDescriptionColumn(),
            new ProgressBarColumn(),
            new DownloadedColumn(),
            new TransferSpeedColumn(),
            new RemainingTimeColumn());
        return await progress.StartAsync(async context =>
        {
            ProgressTask task = context.AddTask("asking the Hub", maxValue: 0);
            task.IsIndeterminate = true;
            return await work(new Relay<HubProgress>(at => Show(task, at)));
        });
    }

    private static void Show(ProgressTask task, HubProgress at)
    {
        task.Description = $"{at.FilesDone} of {at.Files} files";
        task.IsIndeterminate = false;
        task.MaxValue = Math.Max(1, at.TotalBytes);
        task.Value = at.BytesDone;
    }
}
