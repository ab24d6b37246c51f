using Spectre.Console;

namespace NemotronH.Cli.Output;

/// <summary>A progress bar with the time that remains, on stderr while something is done; nothing where stderr is no terminal.</summary>
internal static class ProgressDisplay
{
    /// <summary>Does something under a progress bar, which is gone afterwards.</summary>
    /// <param name="streams">Where to show it.</param>
    /// <param name="title">What is being done.</param>
    /// <param name="work">Does it on the calling thread; told where to report the finished fraction, from 0 to 1.</param>
    /// <param name="cancellationToken">Looked at whenever progress is reported.</param>
    /// <exception cref="OperationCanceledException">Cancellation was asked for.</exception>
    public static void Run(StandardStreams streams, string title, Action<IProgress<double>> work, CancellationToken cancellationToken) =>
        Run<object?>(
            streams,
            title,
            progress =>
            {
                work(progress);
                return null;
            },
            cancellationToken);

    /// <inheritdoc cref="Run(StandardStreams, string, Action{IProgress{double}}, CancellationToken)"/>
    /// <returns>What <paramref name="work"/> returns.</returns>
    public static T Run<T>(StandardStreams streams, string title, Func<IProgress<double>, T> work, CancellationToken cancellationToken)
    {
        cancellationToken.ThrowIfCancellationRequested();
        if (!streams.IsErrorTerminal)
        {
            return work(new Relay<double>(_ => cancellationToken.ThrowIfCancellationRequested()));
        }

        return ProgressBars.OfWork(streams).Start(context =>
        {
            ProgressTask task = context.AddTask(Markup.Escape(title), maxValue: 1);
            return work(new Relay<double>(fraction =>
            {
                cancellationToken.ThrowIfCancellationRequested();
                task.Value = fraction;
            }));
        });
    }
}
