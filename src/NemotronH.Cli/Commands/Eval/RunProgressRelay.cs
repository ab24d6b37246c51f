using NemotronH.Cli.Output;
using NemotronH.Evaluation.Runs;

namespace NemotronH.Cli.Commands.Eval;

/// <summary>Shows a run's progress: of the items that this run has to do, so that the time that remains is right after a resumption.</summary>
/// <param name="streams">Where a remark goes.</param>
/// <param name="statePath">Where finished items are recorded, if anywhere.</param>
internal sealed class RunProgressRelay(StandardStreams streams, string? statePath)
{
    private RunProgress? _first;
    private RunProgress _last;

    /// <summary>Progress that moves a bar.</summary>
    public IProgress<RunProgress> To(IProgress<double> bar) => new Relay<RunProgress>(progress =>
    {
        if (_first is null && progress.Done > 0)
        {
            streams.Error.WriteLine($"{statePath}: {progress.Done} of {progress.Total} items are done already");
        }

        _first ??= progress;
        _last = progress;
        int toDo = progress.Total - _first.Value.Done;
        bar.Report(toDo == 0 ? 1 : (progress.Done - _first.Value.Done) / (double)toDo);
    });

    /// <summary>Tells how to go on after an interruption.</summary>
    public void SayWhatIsKept()
    {
        if (_last.Done > 0)
        {
            streams.Error.WriteLine(statePath is null
                ? $"{_last.Done} of {_last.Total} items were done; with --out or --state they would have been kept"
                : $"{statePath}: keeps {_last.Done} of {_last.Total} items; the same command goes on from there");
        }
    }
}
