using System.CommandLine;
using NemotronH.Checkpoints.Hub;
using NemotronH.Cli.Help;
using NemotronH.Cli.Options;
using NemotronH.Cli.Output;

namespace NemotronH.Cli.Commands;

/// <summary><c>nemotronh pull</c>: fetches a model from a Hugging Face Hub.</summary>
internal sealed class PullCommand : ExampleCommand
{
    private const string CommandLine = "nemotronh pull";

    private readonly Argument<string> _name = new("NAME")
    {
        Description = "The model on the Hub: ORGANIZATION/NAME, and behind an '@' a revision.",
    };

    private readonly Option<string?> _revision = ValueOption.Text(
        "--revision", "REVISION", "A branch, a tag or a commit, in place of '@REVISION'. [default: main]");

    private readonly Option<int?> _parallel = ValueOption.Integer(
        "--parallel", "N", "How many files are fetched at once. [default: 4]", atLeast: 1);

    private readonly Option<bool> _verify = ValueOption.Flag(
        "--verify", "Also hash the files that are here already, and fetch the wrong ones again.");
    private readonly Option<bool> _json = SharedOptions.Json();
    private readonly StandardStreams _streams;

    public PullCommand(StandardStreams streams)
        : base(
            "pull",
            "Fetches a model from the Hugging Face Hub.",
            "Its safetensors, json, jinja and txt files go to the cache that Hugging Face's tools share (HF_HOME), and the directory they "
                + "are found in is printed; --model NAME finds them there. Sizes and hashes are checked; a fetch that was interrupted is "
                + "gone on with. HF_TOKEN, or the file that 'hf auth login' writes, opens gated models; HF_ENDPOINT names another Hub. No "
                + "other command fetches anything.",
            new("nemotronh pull nvidia/NVIDIA-Nemotron-Nano-9B-v2", "Fetches a model, or what is missing of it."),
            new(
                "nemotronh pull nvidia/NVIDIA-Nemotron-Nano-9B-v2 --revision main --parallel 8 --json",
                "Fetches eight files at once and prints directory, commit and sizes as JSON."),
            new("nemotronh generate --model nvidia/NVIDIA-Nemotron-Nano-9B-v2 \"Once upon a time\"", "Uses a model that was fetched."))
    {
        _streams = streams;
        Add(_name);
        Add(_revision);
        Add(_parallel);
        Add(_verify);
        Add(_json);
        SetAction(RunAsync);
    }

    private async Task<int> RunAsync(ParseResult parse, CancellationToken cancellationToken)
    {
        HubModelName model = ReadName(parse);
        var options = new HubPullOptions { Verify = parse.GetValue(_verify) };
        options = options with { Parallelism = parse.GetValue(_parallel) ?? options.Parallelism };
        var client = new HubClient(HubSettings.FromEnvironment());
        HubSnapshot snapshot = await TransferDisplay.RunAsync(
            _streams, progress => client.PullAsync(model, options, progress, cancellationToken), cancellationToken);
        Report(new PullResult(model.Repository, model.Revision, snapshot), parse);
        return ExitCode.Success;
    }

    /// <summary>Whatever may be a path is refused before anything is asked.</summary>
    private HubModelName ReadName(ParseResult parse)
    {
        string text = parse.GetValue(_name)!;
        if (Directory.Exists(text) || File.Exists(text))
        {
            throw new NemotronHException($"{text}: is on this machine already; expected the name of a model on the Hub");
        }

        if (!HubModelName.TryParse(text, out HubModelName? model))
        {
            throw new UsageException($"NAME: '{text}' is no name of a model on the Hub; expected {NameIn(text) ?? "ORGANIZATION/NAME"}", CommandLine);
        }

        return parse.GetValue(_revision) switch
        {
            null => model,
            _ when text.Contains('@') => throw new UsageException(
                "both '@REVISION' and --revision are given; expected one of them", CommandLine),
            var revision => model.At(revision),
        };
    }

    /// <summary>The name in the address of a model's page, which is what a browser gives to copy.</summary>
    private static string? NameIn(string text) =>
        Uri.TryCreate(text, UriKind.Absolute, out Uri? page) && page.Scheme is "http" or "https"
        && page.AbsolutePath.Split('/', StringSplitOptions.RemoveEmptyEntries) is [not ("datasets" or "spaces") and var organization, var name, ..]
        && HubModelName.TryParse($"{organization}/{name}", out HubModelName? model)
            ? model.Repository
            : null;

    private void Report(PullResult result, ParseResult parse)
    {
        if (parse.GetValue(_json))
        {
            CliJson.Write(_streams.Output, result);
        }
        else
        {
            _streams.Output.WriteLine(result.Path);
        }
    }
}

/// <summary>What <c>pull --json</c> prints.</summary>
/// <param name="Model">Organization and name.</param>
/// <param name="Revision">What was asked for.</param>
/// <param name="Commit">The commit that this is now.</param>
/// <param name="Path">The directory of the model.</param>
/// <param name="Files">How many files it has.</param>
/// <param name="Bytes">Their size.</param>
/// <param name="FetchedBytes">How many bytes came over the network.</param>
internal sealed record PullResult(string Model, string Revision, string Commit, string Path, int Files, long Bytes, long FetchedBytes)
{
    public PullResult(string model, string revision, HubSnapshot snapshot)
        : this(model, revision, snapshot.Commit, snapshot.Directory, snapshot.Files, snapshot.Bytes, snapshot.FetchedBytes)
    {
    }
}
