using System.CommandLine;
using System.Globalization;
using NemotronH.Checkpoints;
using NemotronH.Checkpoints.Synthetic;
using NemotronH.Cli.Help;
using NemotronH.Cli.Models;
using NemotronH.Cli.Options;
using NemotronH.Cli.Output;
using NemotronH.Configuration;

namespace NemotronH.Cli.Commands;

/// <summary><c>nemotronh random</c>: writes a checkpoint with random weights.</summary>
internal sealed class RandomCommand : ExampleCommand
{
    /// <summary>Precisions as they are written.</summary>
    public static readonly IReadOnlyDictionary<string, RandomPrecision> Precisions = new Dictionary<string, RandomPrecision>
    {
        ["bfloat16"] = RandomPrecision.BFloat16,
        ["nvfp4"] = RandomPrecision.Nvfp4,
        ["fp8"] = RandomPrecision.Fp8,
        ["official"] = RandomPrecision.Official,
    };

    private readonly Option<string?> _config = ValueOption.Text(
        "--config",
        "DIR|NAME",
        "Directory of the config.json that gives the shape, or the name of a known one; tokenizer files beside it are copied.");

    private readonly Option<string?> _precision = ValueOption.Choice(
        "--precision",
        "Precision of the weights: bfloat16; linear layers and experts in nvfp4 or fp8; or each module as in NVIDIA's quantised release.",
        [.. Precisions.Keys]);

    private readonly Option<string?> _out = SharedOptions.NewDirectory();
    private readonly Option<ulong?> _seed = ValueOption.Parsed<ulong?>(
        "--seed",
        "S",
        "The same seed gives the same weights. [default: 0]",
        "a whole number from 0 on, 64 bits at most",
        text => ulong.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out ulong seed) ? seed : null);

    private readonly Option<long?> _maxShardSize = SharedOptions.MaxShardSize();
    private readonly Option<bool> _json = SharedOptions.Json();
    private readonly StandardStreams _streams;

    public RandomCommand(StandardStreams streams)
        : base(
            "random",
            "Writes a checkpoint with random weights.",
            "It is laid out as NVIDIA lays them out: to try and to measure a model without downloading it. Where no quantised release of a "
                + "shape is known, 'official' takes that of the nearest relative and says so. Nothing is left of it if the command fails.",
            new(
                "nemotronh random --config nemotron-3-nano-4b --precision bfloat16 --out random-4b",
                "Makes a model of the size of 3-Nano-4B; its text is noise."),
            new(
                "nemotronh random --config nemotron-3-nano-30b-a3b --precision official --out random-nano",
                "Makes one of 18 GiB with every module in the precision it has in NVIDIA's NVFP4 checkpoint."),
            new(
                "nemotronh random --config DIR --precision bfloat16 --seed 7 --max-shard-size 500MB --out DIR2",
                "Makes another one in files of at most 500 MB."))
    {
        _streams = streams;
        _config.Required = true;
        _precision.Required = true;
        _out.Required = true;
        Add(_config);
        Add(_precision);
        Add(_out);
        Add(_seed);
        Add(_maxShardSize);
        Add(_json);
        SetAction((parse, cancellationToken) => Task.FromResult(Run(parse, cancellationToken)));
    }

    private int Run(ParseResult parse, CancellationToken cancellationToken)
    {
        string configDirectory = ModelLocator.OfProgram.Find(parse.GetValue(_config));
        NemotronHConfig config = NemotronHConfigReader.Load(configDirectory);
        string output = parse.GetValue(_out)!;
        var options = new RandomCheckpointOptions
        {
            Seed = parse.GetValue(_seed) ?? 0,
            Precision = Precisions[parse.GetValue(_precision)!],
            MaxShardBytes = parse.GetValue(_maxShardSize) ?? ShardedCheckpointWriter.DefaultMaxShardBytes,
        };
        RandomCheckpointSummary summary = ProgressDisplay.Run(
            _streams,
            $"writing {output}",
            progress => RandomCheckpoint.Write(
                config,
                configDirectory,
                output,
                options,
                new Relay<WriteProgress>(written => progress.Report((double)written.BytesWritten / written.TotalBytes)),
                cancellationToken),
            cancellationToken);
        Report(new RandomResult(output, summary.Parameters, summary.Bytes, summary.Layout), parse);
        return ExitCode.Success;
    }

    private void Report(RandomResult result, ParseResult parse)
    {
        if (parse.GetValue(_json))
        {
            CliJson.Write(_streams.Output, result);
        }
        else
        {
            _streams.Output.WriteLine(
                $"{result.Out}: {Units.Count(result.Parameters)} parameters, {Units.Bytes(result.Bytes)}, {result.Layout}");
        }
    }
}

/// <summary>What <c>random --json</c> prints.</summary>
/// <param name="Out">The directory.</param>
/// <param name="Parameters">Number of weights.</param>
/// <param name="Bytes">Their size, scales included.</param>
/// <param name="Layout">Which module has which precision, in one phrase.</param>
internal sealed record RandomResult(string Out, long Parameters, long Bytes, string Layout);
