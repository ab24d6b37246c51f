using NemotronH.Benchmarks;
using NemotronH.Cli.Output;

namespace NemotronH.Cli.Commands.Bench;

/// <summary>Shows how far a benchmark is: as a bar on a terminal, else as a line for each part if they are wanted.</summary>
internal static class BenchProgress
{
    /// <summary>Runs a benchmark.</summary>
    /// <param name="streams">Where to show progress.</param>
    /// <param name="log">Whether lines are wanted.</param>
    /// <param name="work">Runs it on the calling thread; told where to report.</param>
    /// <param name="cancellationToken">Looked at whenever progress is reported.</param>
    public static T Run<T>(StandardStreams streams, bool log, Func<IProgress<BenchmarkProgress>, T> work, CancellationToken cancellationToken)
    {
        string last = "";
        return ProgressDisplay.Run(streams, "measuring", bar => work(new Relay<BenchmarkProgress>(progress =>
        {
            bar.Report(progress.Fraction);
            if (log && !streams.IsErrorTerminal && progress.Doing != last)
            {
                last = progress.Doing;
                streams.Error.WriteLine($"{progress.Fraction,4:0%} {progress.Doing}");
            }
        })), cancellationToken);
    }
}
