using System.CommandLine;
using System.Text;
using NemotronH.Benchmarks;
using NemotronH.Checkpoints;
using NemotronH.Cli.Help;
using NemotronH.Cli.Options;
using NemotronH.Cli.Output;

namespace NemotronH.Cli.Commands.Bench;

/// <summary><c>nemotronh bench</c>: measures how fast a model runs, and how near that is to what the memory allows.</summary>
internal sealed class BenchCommand : ExampleCommand
{
    private readonly BenchArguments _arguments = new();
    private readonly Option<bool> _json = SharedOptions.Json();
    private readonly Option<string?> _out = ValueOption.Text("--out", "FILE.json", "Write the JSON object to a file, too.");
    private readonly StandardStreams _streams;

    public BenchCommand(StandardStreams streams)
        : base(
            "bench",
            "Measures how fast a model runs.",
            "Times decode steps for each batch, and prefill for each prompt length, of a checkpoint or of random weights. Beside the times stand the "
                + "bytes that a step has to move and how much of the bandwidth of a large copy, measured in the same run, that makes.",
            new("nemotronh bench --device cpu", "Measures the tiny model that comes with the program."),
            new(
                "nemotronh bench --config nemotron-3-nano-30b-a3b --random-weights --precision official --batch 1,8,64 --context 1024",
                "Measures the shape of 3-Nano with every module in the precision of NVIDIA's NVFP4 checkpoint."),
            new(
                "nemotronh bench --config nemotron-3-ultra-550b-a55b --random-weights --layers 12 --compare-eager --profile",
                "Measures the first layers of a larger model, with and without a CUDA graph, and each kernel alone."),
            new("nemotronh bench --model DIR --prompt 512,2048 --out bench.json", "Measures the prefill of a checkpoint and keeps the figures."))
    {
        _streams = streams;
        _arguments.AddTo(this);
        Add(_json);
        Add(_out);
        SetAction((parse, cancellationToken) => Task.FromResult(Run(parse, cancellationToken)));
    }

    private int Run(ParseResult parse, CancellationToken cancellationToken)
    {
        BenchmarkOptions options = _arguments.Read(parse);
        if (parse.GetValue(_out) is { } target && !Directory.Exists(Path.GetDirectoryName(Path.GetFullPath(target))))
        {
            throw new NemotronHException($"{target}: its directory does not exist");
        }

        bool log = _streams.IsErrorTerminal || SharedOptions.IsVerbose(parse);
        BenchmarkReport report = BenchProgress.Run(
            _streams,
            log,
            progress => ModelBenchmark.Run(
                options, plan => BenchTable.Write(plan, log ? _streams.Error : TextWriter.Null), progress, cancellationToken),
            cancellationToken);
        DecodeNotice.Write(_streams, report.DecodeNote);
        if (parse.GetValue(_out) is { } file)
        {
            WriteFile(file, report);
        }

        if (parse.GetValue(_json))
        {
            CliJson.Write(_streams.Output, report);
        }
        else
        {
            BenchTable.Write(report, _streams.Output);
        }

        return ExitCode.Success;
    }

    private static void WriteFile(string path, BenchmarkReport report)
    {
        var json = new StringWriter();
        CliJson.Write(json, report);
        AtomicFile.WriteAllBytes(path, Encoding.UTF8.GetBytes(json.ToString()));
    }
}
