using System.CommandLine;
using NemotronH.Cli.Help;
using NemotronH.Cli.Inspection;
using NemotronH.Cli.Models;
using NemotronH.Cli.Options;
using NemotronH.Cli.Output;

namespace NemotronH.Cli.Commands;

/// <summary><c>nemotronh inspect</c>: describes a model without loading it.</summary>
internal sealed class InspectCommand : ExampleCommand
{
    private readonly Option<string?> _model = SharedOptions.Model();
    private readonly Option<bool> _json = SharedOptions.Json();

    public InspectCommand(StandardStreams streams)
        : base(
            "inspect",
            "Describes a model: layers, shapes, parameters, bytes.",
            "A directory with nothing but a config.json is enough. Where there are weights, the precision of every module is told too; "
                + "they are not loaded.",
            new("nemotronh inspect --model DIR", "Describes a checkpoint; nothing is loaded."),
            new("nemotronh inspect --model nemotron-3-super-120b-a12b", "Describes a public model from its shape alone."),
            new("nemotronh inspect --model DIR --json", "Prints the same as JSON, sizes in bytes."))
    {
        Add(_model);
        Add(_json);
        SetAction(parse =>
        {
            ModelReport report = ModelInspector.Inspect(ModelLocator.OfProgram.Find(parse.GetValue(_model)));
            if (parse.GetValue(_json))
            {
                CliJson.Write(streams.Output, report);
            }
            else
            {
                new ModelReportText(streams.Output).Write(report);
            }

            return ExitCode.Success;
        });
    }
}
