using NemotronH.Checkpoints.Hub;
using Spectre.Console;

namespace NemotronH.Cli.Output;

/// <summary>Bytes, speed and the time that remains, on stderr while files are fetched; where stderr is no terminal, a line when that has to wait.</summary>
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
            return await work(new Relay<HubProgress>(TellOfWaiting(streams.Error)));
        }

        return await ProgressBars.OfBytes(streams).StartAsync(async context =>
        {
            ProgressTask task = context.AddTask("asking the Hub", maxValue: 0);
            task.IsIndeterminate = true;
            return await work(new Relay<HubProgress>(at => Show(task, at)));
        });
    }

    /// <summary>A log shows no bar, but says why nothing happens.</summary>
    private static Action<HubProgress> TellOfWaiting(TextWriter log)
    {
        bool isTold = false;
        return at =>
        {
            if (at.FilesAwaited > 0 && !isTold)
            {
                log.WriteLine("waiting for another program that fetches the same model");
                isTold = true;
            }
        };
    }

    /// <summary>What is being done, in a few words.</summary>
    internal static string Describe(HubProgress at) => at switch
    {
        { Stage: HubStage.Verifying } => $"hashing, {at.FilesDone} of {at.Files} files",
        { FilesAwaited: > 0 } => $"{at.FilesDone} of {at.Files} files, waiting for another program that fetches {at.FilesAwaited}",
        _ => $"{at.FilesDone} of {at.Files} files",
    };

    private static void Show(ProgressTask task, HubProgress at)
    {
        task.Description = Describe(at);
        task.IsIndeterminate = false;
        task.MaxValue = Math.Max(1, at.TotalBytes);
        task.Value = at.BytesDone;
    }
}
