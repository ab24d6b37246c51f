using System.CommandLine;
using NemotronH.Cli.Help;
using NemotronH.Cli.Options;
using NemotronH.Cli.Output;
using NemotronH.Kernels.Runtime;

namespace NemotronH.Cli.Commands;

/// <summary><c>nemotronh doctor</c>: says which native libraries and devices were found and whether they work.</summary>
internal sealed class DoctorCommand : ExampleCommand
{
    private readonly Option<bool> _json = SharedOptions.Json();
    private readonly StandardStreams _streams;

    public DoctorCommand(StandardStreams streams)
        : base(
            "doctor",
            "Tells which native libraries and GPUs were found and whether each works.",
            "The exit code is 0 if models can run here, on the CPU at least, and 1 if not.",
            new("nemotronh doctor", "Prints what was found."),
            new(
                "NEMOTRONH_LIBTORCH=/opt/venv/lib/python3.12/site-packages/torch/lib nemotronh doctor",
                "Tries the libtorch of an installed PyTorch."))
    {
        _streams = streams;
        Add(_json);
        SetAction((parse, _) => Task.FromResult(Run(parse)));
    }

    private int Run(ParseResult parse)
    {
        LibTorchReport report = LibTorch.Describe();
        if (parse.GetValue(_json))
        {
            CliJson.Write(_streams.Output, DoctorResult.Of(report));
        }
        else
        {
            WriteTable(report);
        }

        return report.WorksOnCpu ? ExitCode.Success : ExitCode.Failure;
    }

    private void WriteTable(LibTorchReport report)
    {
        var table = new TextTable("component", "state", "detail");
        foreach (RuntimeFinding finding in report.Findings)
        {
            table.Add(finding.Component, finding.Works ? "works" : finding.Found ? "broken" : "missing", finding.Detail);
        }

        table.WriteTo(_streams.Output);
        foreach (string warning in report.Warnings)
        {
            _streams.Output.WriteLine($"warning: {warning}");
        }

        _streams.Output.WriteLine($"models run on: {(report.WorksOnCuda ? "cuda, cpu" : report.WorksOnCpu ? "cpu" : "nothing here")}");
    }
}
