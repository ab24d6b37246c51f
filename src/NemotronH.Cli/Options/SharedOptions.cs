using System.CommandLine;
using System.CommandLine.Parsing;
using NemotronH.Cli.Models;

namespace NemotronH.Cli.Options;

/// <summary>Options that mean the same in every command that has them.</summary>
internal static class SharedOptions
{
    private const string VerboseName = "--verbose";

    /// <summary>Makes <c>--model</c>: which model.</summary>
    /// <param name="defaultModel">What is taken without it, for the help.</param>
    public static Option<string?> Model(string defaultModel = ModelLocator.DefaultModel) => ValueOption.Text(
        "--model",
        "DIR|NAME",
        "A model's directory, the name of one under models/ beside the program, or ORGANIZATION/NAME[@REVISION] of one that "
            + $"'nemotronh pull' fetched. [default: {defaultModel}, which comes with the program]");

    /// <summary>Makes <c>--device</c>: where the model runs.</summary>
    public static Option<DeviceName?> Device() => ValueOption.Parsed(
        "--device",
        "cpu|cuda|cuda:N",
        "Where the model runs. [default: cuda where there is one, else cpu]",
        "a device; expected cpu, cuda or cuda:N",
        DeviceName.Parse);

    /// <summary>Makes <c>--dtype</c>: what the model computes in.</summary>
    public static Option<string?> Dtype() => ValueOption.Choice(
        "--dtype", "Type of activations and unquantised weights. [default: bfloat16 on cuda, float32 on cpu]", "float32", "bfloat16");

    /// <summary>Makes <c>--temperature</c>.</summary>
    /// <param name="description">What it does in the command.</param>
    public static Option<double?> Temperature(string description) =>
        ValueOption.Number("--temperature", "T", description, "a number from 0 on", value => value >= 0);

    /// <summary>Makes <c>--top-p</c>.</summary>
    /// <param name="description">What it does in the command.</param>
    public static Option<double?> TopP(string description) =>
        ValueOption.Number("--top-p", "P", description, "a number above 0 and at most 1", value => value is > 0 and <= 1);

    /// <summary>Makes <c>--out</c> of a command that makes a checkpoint.</summary>
    public static Option<string?> NewDirectory() => ValueOption.Text("--out", "DIR", "The directory to make; may exist only if it is empty.");

    /// <summary>Makes <c>--json</c>: results for programs.</summary>
    public static Option<bool> Json() => ValueOption.Flag("--json", "Print one JSON object on stdout and nothing else.");

    /// <summary>Makes <c>--fast-prefill</c>: which operators prompts take on a GPU.</summary>
    public static Option<bool> FastPrefill() => ValueOption.Flag(
        "--fast-prefill", "On a GPU in bfloat16, take libtorch's flash attention and grouped expert products for prompts. New: compare logits before relying on it.");

    /// <summary>Makes <c>--resident-experts</c>: whether prompts have experts dequantised once for all.</summary>
    public static Option<bool> ResidentExperts() => ValueOption.Flag(
        "--resident-experts", "With --fast-prefill, hold quantised experts in bfloat16 too, for prompts: about 55 GiB more for a 30B-A3B model.");

    /// <summary>Makes <c>--packed-rows</c>: which prompts are short enough to read NVFP4 experts as they lie.</summary>
    public static Option<int?> PackedRows() => ValueOption.Integer(
        "--packed-rows",
        "N",
        "With --fast-prefill, read NVFP4 experts as they lie where a pass has up to N rows per expert on average: tokens times experts of a token over experts. [default: 0]",
        atLeast: 0);

    /// <summary>Makes <c>--max-shard-size</c>: where weights are cut into files.</summary>
    public static Option<long?> MaxShardSize() => ValueOption.Parsed(
        "--max-shard-size",
        "SIZE",
        "Largest file of weights; larger models are cut into several. [default: 5GB]",
        "a size; expected a number of bytes or one such as 500MB, 5GB or 2GiB",
        ByteSize.Parse);

    /// <summary>Makes <c>--verbose</c>, which every command has.</summary>
    public static Option<bool> Verbose()
    {
        Option<bool> option = ValueOption.Flag(VerboseName, "Say more on stderr: timings, and where a failure arose.");
        option.Recursive = true;
        return option;
    }

    /// <summary>Whether <c>--verbose</c> was given, even on a command line that is wrong otherwise.</summary>
    public static bool IsVerbose(ParseResult parse) => parse.GetResult(VerboseName) is OptionResult { Implicit: false };
}
