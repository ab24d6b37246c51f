using System.CommandLine;
using System.Diagnostics;
using NemotronH.Cli.Options;
using NemotronH.Cli.Output;
using NemotronH.Cli.Reports;
using NemotronH.Evaluation;
using NemotronH.Evaluation.Runs;

namespace NemotronH.Cli.Commands.Eval;

/// <summary>The options of every benchmark that say where results go, and the run that makes them.</summary>
/// <param name="streams">Where results and progress go.</param>
internal sealed class ResultOptions(StandardStreams streams)
{
    private readonly Option<string?> _out = ValueOption.Text("--out", "FILE.json", "Write the result to this file as well.");
    private readonly Option<string?> _report = ValueOption.Text(
        "--report", "FILE.html", "Write a report with plots: one file that loads nothing from elsewhere.");

    private readonly Option<string?> _state = ValueOption.Text(
        "--state",
        "FILE.jsonl",
        "Record finished items here, and go on from those that are there. "
            + "[default: the --out file's name with .state.jsonl, without --out none]");

    private readonly Option<bool> _restart = ValueOption.Flag("--restart", "Forget the items that were recorded.");
    private readonly Option<bool> _json = SharedOptions.Json();

    /// <summary>Adds the options to a command.</summary>
    public void AddTo(Command command)
    {
        command.Add(_out);
        command.Add(_report);
        command.Add(_state);
        command.Add(_restart);
        command.Add(_json);
    }

    /// <summary>Checks, before anything takes long, that the files can be written where they are to be.</summary>
    /// <exception cref="NemotronHException">A directory is not there.</exception>
    public void Check(ParseResult parse)
    {
        foreach (string path in new[] { parse.GetValue(_out), parse.GetValue(_report), parse.GetValue(_state) }.OfType<string>())
        {
            if (Directory.Exists(path))
            {
                throw new NemotronHException($"{path}: is a directory, expected a file");
            }

            if (!Directory.Exists(Path.GetDirectoryName(Path.GetFullPath(path))))
            {
                throw new NemotronHException($"{path}: its directory does not exist");
            }
        }
    }

    /// <summary>Runs a benchmark and writes its result.</summary>
    /// <param name="task">The benchmark.</param>
    /// <param name="parse">The command line.</param>
    /// <param name="cancellationToken">Ends the run; what is finished stays recorded.</param>
    /// <returns>The exit code.</returns>
    public int Run<TRecord, TResult>(EvaluationTask<TRecord, TResult> task, ParseResult parse, CancellationToken cancellationToken)
        where TRecord : class
        where TResult : EvaluationResult
    {
        var clock = Stopwatch.StartNew();
        StateLocation? state = State(parse);
        var progress = new RunProgressRelay(streams, state?.Path);
        TResult result;
        try
        {
            result = ProgressDisplay.Run(
                streams, task.Identity["task"]!, bar => task.Run(state, progress.To(bar), cancellationToken), cancellationToken);
        }
        catch (OperationCanceledException)
        {
            progress.SayWhatIsKept();
            throw;
        }

        Write(result, parse);
        if (SharedOptions.IsVerbose(parse))
        {
            streams.Error.WriteLine($"{result.Task}: {result.Items} items in {clock.Elapsed.TotalSeconds:0.0} s");
        }

        return ExitCode.Success;
    }

    private StateLocation? State(ParseResult parse)
    {
        string? path = parse.GetValue(_state) ?? (parse.GetValue(_out) is string output ? $"{output}.state.jsonl" : null);
        return path is null ? null : new StateLocation(path, parse.GetValue(_restart));
    }

    private void Write(EvaluationResult result, ParseResult parse)
    {
        if (parse.GetValue(_report) is string report)
        {
            EvaluationReport.Save(report, result);
        }

        if (parse.GetValue(_out) is string path)
        {
            result.Save(path);
        }

        if (parse.GetValue(_json))
        {
            streams.Output.WriteLine(result.ToJson());
        }
        else
        {
            ScoreTable.Of(result).WriteTo(streams.Output);
        }
    }
}
