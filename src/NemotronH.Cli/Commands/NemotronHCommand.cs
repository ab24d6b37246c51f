using System.CommandLine;
using System.CommandLine.Help;
using System.CommandLine.Invocation;
using System.Reflection;
using NemotronH.Cli.Commands.Bench;
using NemotronH.Cli.Commands.Chat;
using NemotronH.Cli.Commands.Eval;
using NemotronH.Cli.Commands.Serve;
using NemotronH.Cli.Help;
using NemotronH.Cli.Options;

namespace NemotronH.Cli.Commands;

/// <summary>The program's root: what stands under <c>nemotronh</c>.</summary>
internal sealed class NemotronHCommand : ExampleCommand
{
    public NemotronHCommand(StandardStreams streams)
        : base(
            "nemotronh",
            "Runs NVIDIA Nemotron-H models (Mamba-2, attention and mixture of experts) from the command line.",
            "Results go to stdout, everything else to stderr. Exit codes: 0 done, 1 failed (one line on stderr says why), 2 wrong usage, "
                + "130 interrupted.",
            new("nemotronh generate \"KING:\"", "Continues a text with the tiny model that comes with the program."),
            new("nemotronh generate --model DIR \"Once upon a time\"", "The same with a checkpoint as NVIDIA publishes them."),
            new("nemotronh inspect --model nemotron-3-nano-30b-a3b", "Shows how large a known model is, without its weights."),
            new("nemotronh generate --help", "Explains a command."))
    {
        Add(new HelpOption("--help", "-h") { Description = "Show this help.", Recursive = true, Action = new TeachingHelp() });
        Add(new VersionOption("--version") { Description = "Show the program's version.", Action = new VersionAction() });
        Add(SharedOptions.Verbose());
        Add(new GenerateCommand(streams));
        Add(new ChatCommand(streams));
        Add(new LogitsCommand(streams));
        Add(new TokenizeCommand(streams));
        Add(new RenderCommand(streams));
        Add(new InspectCommand(streams));
        Add(new RandomCommand(streams));
        Add(new QuantizeCommand(streams));
        Add(new EvalCommand(streams));
        Add(new ServeCommand(streams));
        Add(new BenchCommand(streams));
        Add(new PullCommand(streams));
        Add(new DoctorCommand(streams));
    }

    private sealed class VersionAction : SynchronousCommandLineAction
    {
        public override int Invoke(ParseResult parseResult)
        {
            var version = typeof(VersionAction).Assembly.GetCustomAttribute<AssemblyInformationalVersionAttribute>();
            parseResult.InvocationConfiguration.Output.WriteLine(version!.InformationalVersion);
            return ExitCode.Success;
        }
    }
}
