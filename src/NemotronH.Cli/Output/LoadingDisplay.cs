using NemotronH.Checkpoints.Loading;
using Spectre.Console;

namespace NemotronH.Cli.Output;

/// <summary>Bytes, rate and the time that remains, on stderr while weights are loaded; nothing where stderr is no terminal.</summary>
internal static class LoadingDisplay
{
    /// <summary>Loads something under a progress bar, which is gone afterwards.</summary>
    /// <param name="streams">Where to show it.</param>
    /// <param name="work">Loads it on the calling thread; told where to report.</param>
    /// <param name="cancellationToken">Looked at after each tensor.</param>
    /// <exception cref="OperationCanceledException">Cancellation was asked for.</exception>
    public static T Run<T>(StandardStreams streams, Func<IProgress<LoadingProgress>, T> work, CancellationToken cancellationToken)
    {
        cancellationToken.ThrowIfCancellationRequested();
        if (!streams.IsErrorTerminal)
        {
            return work(new Relay<LoadingProgress>(_ => cancellationToken.ThrowIfCancellationRequested()));
        }

        return ProgressBars.OfBytes(streams).Start(context =>
        {
            ProgressTask task = context.AddTask("loading", maxValue: 1);
            return work(new Relay<LoadingProgress>(at =>
            {
                cancellationToken.ThrowIfCancellationRequested();
                task.MaxValue = Math.Max(1, at.TotalBytes);
                task.Value = at.BytesDone;
            }));
        });
    }
}
