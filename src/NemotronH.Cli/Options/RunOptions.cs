using System.CommandLine;
using NemotronH.Kernels.Interop;
using NemotronH.Kernels.Runtime;
using NemotronH.Quantization;
using static TorchSharp.torch;

namespace NemotronH.Cli.Options;

/// <summary>The options of every command that runs a model: where, how precisely, how long and how many sequences.</summary>
/// <param name="maxSequences">How many sequences are held at once where the command line does not say it.</param>
internal sealed class RunOptions(int maxSequences = 1)
{
    private readonly Option<DeviceName?> _device = SharedOptions.Device();
    private readonly Option<string?> _dtype = SharedOptions.Dtype();
    private readonly Option<string?> _keyValueDtype = KeyValueDtype("that of the activations");

    private readonly Option<string?> _nvfp4 = ValueOption.Choice(
        "--nvfp4",
        "How NVFP4 weights are applied: by dequantising what a step needs of them, or by kernels that decode them in registers; auto takes the "
            + "latter in bfloat16 on a GPU. [default: auto]",
        "auto",
        "dequantize",
        "fused");

    private readonly Option<bool> _noCudaGraph = ValueOption.Flag(
        "--no-cuda-graph", "On a GPU, launch a decode step's kernels one after the other instead of replaying them as one CUDA graph.");

    private readonly Option<int?> _maxContext = ValueOption.Integer(
        "--max-context",
        "N",
        "Longest sequence in tokens; memory for it is reserved at the start. [default: the longest the model was made for]",
        atLeast: 1);

    private readonly Option<int?> _maxSequences = ValueOption.Integer(
        "--max-sequences", "N", $"Sequences that can be held at once. [default: {maxSequences}]", atLeast: 1);

    private readonly Option<int?> _prefillChunk = ValueOption.Integer(
        "--prefill-chunk", "N", $"Most prompt tokens per pass. [default: {ModelOptions.DefaultPrefillChunk}, {ModelOptions.FastPrefillChunk} with --fast-prefill]", atLeast: 1);

    private readonly Option<bool> _fastPrefill = SharedOptions.FastPrefill();
    private readonly Option<bool> _residentExperts = SharedOptions.ResidentExperts();
    private readonly Option<int?> _packedRows = SharedOptions.PackedRows();

    private readonly Option<int?> _loadReaders = ValueOption.Integer(
        "--load-readers",
        "N",
        "Threads that read a checkpoint through pinned memory into a GPU; 0 copies out of the mapped files. New: measure before relying on it. [default: 0]",
        atLeast: 0);

    private readonly Option<bool> _timeStepClamp = ValueOption.Flag(
        "--hf-time-step-clamp",
        "Clamp the time step in prefill as HF transformers does and no serving engine; to compare with its logits.");

    /// <summary>Adds the options to a command.</summary>
    public void AddTo(Command command)
    {
        command.Add(_device);
        command.Add(_dtype);
        command.Add(_keyValueDtype);
        command.Add(_nvfp4);
        command.Add(_noCudaGraph);
        command.Add(_maxContext);
        command.Add(_maxSequences);
        command.Add(_prefillChunk);
        command.Add(_fastPrefill);
        command.Add(_residentExperts);
        command.Add(_packedRows);
        command.Add(_loadReaders);
        command.Add(_timeStepClamp);
    }

    /// <summary>Prompt tokens per pass where the command line does not say it.</summary>
    public static int PrefillChunk(bool fast) => fast ? ModelOptions.FastPrefillChunk : ModelOptions.DefaultPrefillChunk;

    /// <summary>The option that says how attention keys and values are cached.</summary>
    /// <param name="auto">What it is unless it is given.</param>
    public static Option<string?> KeyValueDtype(string auto) => ValueOption.Choice(
        "--kv-cache-dtype",
        $"Type of cached attention keys and values; fp8 is E4M3 with the checkpoint's k and v scales, auto is {auto}. [default: auto]",
        "auto",
        "bf16",
        "bfloat16",
        "fp8",
        "f32",
        "float32");

    /// <summary>The type that a word means; <see langword="null"/> for <c>auto</c>, or no word.</summary>
    public static ScalarType? TypeOf(string? name) => name switch
    {
        "float32" or "f32" => ScalarType.Float32,
        "bfloat16" or "bf16" => ScalarType.BFloat16,
        "fp8" => AtenInterop.Float8E4M3,
        _ => null,
    };

    /// <summary>What a command line asks for; loads libtorch.</summary>
    /// <exception cref="NemotronHException">libtorch does not load, or there is no such device.</exception>
    public ModelOptions Read(ParseResult parse)
    {
        LibTorch.EnsureLoaded();
        return new ModelOptions
        {
            Device = parse.GetValue(_device)?.Open(),
            Dtype = TypeOf(parse.GetValue(_dtype)),
            KeyValueDtype = TypeOf(parse.GetValue(_keyValueDtype)),
            Nvfp4Method = parse.GetValue(_nvfp4) switch
            {
                "dequantize" => Nvfp4Method.Dequantize,
                "fused" => Nvfp4Method.Fused,
                _ => null,
            },
            UseCudaGraph = !parse.GetValue(_noCudaGraph),
            MaxContext = parse.GetValue(_maxContext),
            MaxSequences = parse.GetValue(_maxSequences) ?? maxSequences,
            PrefillChunk = parse.GetValue(_prefillChunk) ?? PrefillChunk(parse.GetValue(_fastPrefill)),
            FastPrefill = parse.GetValue(_fastPrefill),
            ResidentExperts = parse.GetValue(_residentExperts),
            PackedRowsPerExpert = parse.GetValue(_packedRows) ?? 0,
            LoadReaders = parse.GetValue(_loadReaders) ?? 0,
            HfTimeStepClamp = parse.GetValue(_timeStepClamp),
        };
    }
}
