using System.CommandLine;
using NemotronH.Checkpoints;
using NemotronH.Checkpoints.Quantizing;
using NemotronH.Cli.Help;
using NemotronH.Cli.Models;
using NemotronH.Cli.Options;
using NemotronH.Cli.Output;
using NemotronH.Quantization;

namespace NemotronH.Cli.Commands;

/// <summary><c>nemotronh quantize</c>: makes an NVFP4, FP8 or mixed checkpoint.</summary>
internal sealed class QuantizeCommand : ExampleCommand
{
    private const string CommandLine = "nemotronh quantize";

    private const string RecipeExample =
        """{"rules": [{"modules": "*.mixer.experts.*", "precision": "nvfp4"}, {"modules": "*", "precision": "fp8"}]}""";

    private readonly Option<string?> _model = SharedOptions.Model(ModelLocator.UnquantizedModel);
    private readonly Option<string?> _out = SharedOptions.NewDirectory();
    private readonly RecipeArguments _recipe = new();
    private readonly Option<long?> _maxShardSize = SharedOptions.MaxShardSize();
    private readonly Option<bool> _json = SharedOptions.Json();
    private readonly StandardStreams _streams;

    public QuantizeCommand(StandardStreams streams)
        : base(
            "quantize",
            "Makes a quantised checkpoint of one in bfloat16, float16 or float32.",
            "Weights are quantised by themselves, without calibration data, in the layout of NVIDIA's ModelOpt; no input_scale is written. "
                + $"A recipe file is a JSON object such as {RecipeExample}: the first rule that covers a module holds, what none covers stays "
                + "as it is; precisions are nvfp4, fp8 and bfloat16. Nothing is left of the checkpoint if the command fails.",
            new(
                "nemotronh quantize --format nvfp4 --four-over-six --out tiny-four-over-six",
                "Makes an NVFP4 checkpoint of the tiny model that comes with the program."),
            new(
                "nemotronh quantize --model DIR --recipe nano --exclude \"backbone.layers.0.*\" --out DIR2",
                "Divides the modules as NVIDIA does for Nemotron 3 Nano, but leaves the first layer as it is."))
    {
        _streams = streams;
        _out.Required = true;
        Add(_model);
        Add(_out);
        foreach (Option option in _recipe.All)
        {
            Add(option);
        }

        Add(_maxShardSize);
        Add(_json);
        SetAction((parse, cancellationToken) => Task.FromResult(Run(parse, cancellationToken)));
    }

    private int Run(ParseResult parse, CancellationToken cancellationToken)
    {
        QuantizationRecipe recipe = _recipe.Read(parse, CommandLine);
        string source = ModelLocator.OfProgram.Find(parse.GetValue(_model) ?? ModelLocator.UnquantizedModel);
        string output = parse.GetValue(_out)!;
        var options = new CheckpointQuantizerOptions
        {
            MaxShardBytes = parse.GetValue(_maxShardSize) ?? ShardedCheckpointWriter.DefaultMaxShardBytes,
        };
        QuantizationSummary summary = ProgressDisplay.Run(
            _streams,
            $"writing {output}",
            progress => CheckpointQuantizer.Quantize(
                source,
                output,
                recipe,
                options,
                new Relay<WriteProgress>(written => progress.Report((double)written.BytesWritten / written.TotalBytes)),
                cancellationToken),
            cancellationToken);
        IReadOnlyList<string> unmatched = RecipeArguments.IsFromFile(recipe) ? summary.UnmatchedRules : [];
        Report(new QuantizeResult(output, summary.SourceBytes, summary.Bytes, Count(summary), unmatched), parse);
        return ExitCode.Success;
    }

    private static SortedDictionary<string, int> Count(QuantizationSummary summary) =>
        new(summary.Modules.Values.CountBy(Key).ToDictionary(), StringComparer.Ordinal);

    private static string Key(ModulePrecision precision) =>
        precision.IsNvfp4() ? "nvfp4" : precision == ModulePrecision.Fp8 ? "fp8" : "unquantized";

    private void Report(QuantizeResult result, ParseResult parse)
    {
        if (parse.GetValue(_json))
        {
            CliJson.Write(_streams.Output, result);
            return;
        }

        string modules = string.Join(", ", result.Modules.Select(precision => $"{precision.Value} {precision.Key}"));
        string share = $"{(double)result.Bytes / result.SourceBytes:P0} of {Units.Bytes(result.SourceBytes)}";
        _streams.Output.WriteLine($"{result.Out}: {Units.Bytes(result.Bytes)}, {share}; modules: {modules}");
        if (result.UnmatchedRules.Count > 0)
        {
            _streams.Error.WriteLine($"note: these rules decided about no module: {string.Join(", ", result.UnmatchedRules)}");
        }
    }
}
