using System.CommandLine;
using NemotronH.Benchmarks;
using NemotronH.Cli.Models;
using NemotronH.Cli.Options;
using NemotronH.Configuration;
using NemotronH.Kernels.Runtime;
using NemotronH.Quantization;

namespace NemotronH.Cli.Commands.Bench;

/// <summary>The options that say what is measured of which model.</summary>
internal sealed class BenchArguments
{
    private const string CommandLine = "nemotronh bench";

    private static readonly Dictionary<string, Nvfp4Method> Methods = Enum.GetValues<Nvfp4Method>().ToDictionary(method => method.ToString().ToLowerInvariant());

    private readonly Option<string?> _config = ValueOption.Text(
        "--config", "DIR|NAME", "Directory of the config.json that gives the shape, or the name of a known one; needs --random-weights.");

    private readonly Option<bool> _randomWeights = ValueOption.Flag("--random-weights", "Make random weights on the device, in seconds.");
    private readonly Option<string?> _precision = ValueOption.Choice(
        "--precision",
        "Precision of random weights, as for 'nemotronh random'. [default: official]",
        [.. RandomCommand.Precisions.Keys]);

    private readonly Option<string?> _model = ValueOption.Text("--model", "DIR|NAME", "Measure a checkpoint, in place of --config and --random-weights.");
    private readonly Option<int?> _layers = ValueOption.Integer(
        "--layers", "N", "Run the model's first N layers only, for one that is larger than the memory.", atLeast: 1);

    private readonly Option<int[]?> _batch = ListOption.Integers("--batch", "1,8,64", "Sequences decoded together. [default: 1, unless --prompt is given]");
    private readonly Option<int?> _context = ValueOption.Integer("--context", "N", "Tokens of each sequence when a repetition begins. [default: 1024]", atLeast: 1);
    private readonly Option<int?> _generate = ValueOption.Integer("--generate", "N", "Steps of a repetition. [default: 32]", atLeast: 1);
    private readonly Option<int[]?> _prompt = ListOption.Integers("--prompt", "512,2048", "Lengths of prompts to prefill.");
    private readonly Option<int[]?> _prefillChunk = ListOption.Integers(
        "--prefill-chunk", "512,8192", $"Most prompt tokens per pass; several are compared. [default: {ModelOptions.DefaultPrefillChunk}, {ModelOptions.FastPrefillChunk} with --fast-prefill]");

    private readonly Option<bool> _fastPrefill = SharedOptions.FastPrefill();
    private readonly Option<bool> _residentExperts = SharedOptions.ResidentExperts();
    private readonly Option<int?> _packedRows = SharedOptions.PackedRows();
    private readonly Option<int?> _repeat = ValueOption.Integer("--repeat", "N", "Repetitions, of which the median counts. [default: 5]", atLeast: 1);
    private readonly Option<double?> _temperature = SharedOptions.Temperature(
        "Of the tokens that a GPU's steps sample; 0 takes the most likely ones. [default: 1]");

    private readonly Option<string[]?> _nvfp4 = ListOption.Words(
        "--nvfp4", "How NVFP4 weights are applied; several are compared. [default: fused on a GPU in bfloat16, else dequantize]", [.. Methods.Keys]);
    private readonly Option<bool> _noCudaGraph = ValueOption.Flag("--no-cuda-graph", "Launch a step's kernels one after the other.");
    private readonly Option<bool> _compareEager = ValueOption.Flag("--compare-eager", "Measure steps as a graph and as single launches, in turns over the same tokens.");
    private readonly Option<bool> _profile = ValueOption.Flag("--profile", "Time each kind of kernel alone, too; on a GPU in bfloat16.");
    private readonly Option<DeviceName?> _device = SharedOptions.Device();
    private readonly Option<string?> _dtype = SharedOptions.Dtype();
    private readonly Option<string?> _keyValueDtype = RunOptions.KeyValueDtype("that of the activations, or with random weights what their layout is meant for");

    /// <summary>Adds the options to a command.</summary>
    public void AddTo(Command command)
    {
        Option[] options =
        [
            _config, _randomWeights, _precision, _model, _layers, _batch, _context, _generate, _prompt, _prefillChunk, _fastPrefill, _residentExperts, _packedRows, _repeat, _temperature, _nvfp4,
            _noCudaGraph, _compareEager, _profile, _device, _dtype, _keyValueDtype,
        ];
        foreach (Option option in options)
        {
            command.Add(option);
        }
    }

    /// <summary>What a command line asks for; loads libtorch.</summary>
    /// <param name="parse">The command line.</param>
    /// <exception cref="UsageException">Options contradict one another.</exception>
    /// <exception cref="NemotronHException">There is no such model or device.</exception>
    public BenchmarkOptions Read(ParseResult parse)
    {
        bool random = parse.GetValue(_randomWeights);
        RefuseContradictions(parse, random);
        string directory = ModelLocator.OfProgram.Find(parse.GetValue(random ? _config : _model));
        LibTorch.EnsureLoaded();
        int[] prompts = parse.GetValue(_prompt) ?? [];
        return new BenchmarkOptions
        {
            Name = Path.GetFileName(Path.TrimEndingDirectorySeparator(directory)),
            Config = NemotronHConfigReader.Load(directory),
            RandomWeights = random ? RandomCommand.Precisions[parse.GetValue(_precision) ?? "official"] : null,
            Checkpoint = random ? null : directory,
            Layers = parse.GetValue(_layers),
            Device = parse.GetValue(_device)?.Open(),
            Dtype = RunOptions.TypeOf(parse.GetValue(_dtype)),
            KeyValueDtype = RunOptions.TypeOf(parse.GetValue(_keyValueDtype)),
            Nvfp4Methods = [.. (parse.GetValue(_nvfp4) ?? []).Distinct().Select(word => Methods[word])],
            Batches = parse.GetValue(_batch) is { Length: > 0 } batches ? [.. batches.Distinct()] : prompts.Length > 0 ? [] : [1],
            Context = parse.GetValue(_context) ?? 1024,
            Generate = parse.GetValue(_generate) ?? 32,
            Repeat = parse.GetValue(_repeat) ?? 5,
            Temperature = parse.GetValue(_temperature) ?? 1,
            Prompts = prompts,
            PrefillChunks = parse.GetValue(_prefillChunk) is { Length: > 0 } chunks ? [.. chunks.Distinct()] : [RunOptions.PrefillChunk(parse.GetValue(_fastPrefill))],
            FastPrefill = parse.GetValue(_fastPrefill),
            ResidentExperts = parse.GetValue(_residentExperts),
            PackedRowsPerExpert = parse.GetValue(_packedRows) ?? 0,
            Launches = parse.GetValue(_noCudaGraph) ? [StepLaunch.Eager]
                : parse.GetValue(_compareEager) ? [StepLaunch.Graph, StepLaunch.Eager]
                : [StepLaunch.Graph],
            Profile = parse.GetValue(_profile),
        };
    }

    private void RefuseContradictions(ParseResult parse, bool random)
    {
        string? misuse = (random, parse.GetValue(_config), parse.GetValue(_model)) switch
        {
            (true, _, { }) => "--model is given beside --random-weights; expected --config",
            (true, null, _) => "--random-weights is given without --config; expected the shape of a model",
            (false, { }, _) => "--config is given without --random-weights; expected both, or --model",
            _ => null,
        };
        misuse ??= !random && parse.GetValue(_precision) is not null ? "--precision is for random weights; expected --random-weights with it" : null;
        misuse ??= parse.GetValue(_noCudaGraph) && parse.GetValue(_compareEager)
            ? "both --no-cuda-graph and --compare-eager are given; expected one of them" : null;
        if (misuse is not null)
        {
            throw new UsageException(misuse, CommandLine);
        }
    }
}
