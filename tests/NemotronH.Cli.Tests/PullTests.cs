using NemotronH.Cli.Tests.Support;
using NemotronH.Tests.Checkpoints.Hub.Support;

namespace NemotronH.Cli.Tests;

public sealed class PullTests : IAsyncDisposable
{
    private static readonly string[] Variables = ["HF_ENDPOINT", "HF_HUB_CACHE", "HF_TOKEN", "HF_HUB_OFFLINE"];

    private readonly TemporaryDirectory _directory = new();
    private readonly StandInRepository _repository = new();
    private readonly StandInServer _hub;
    private readonly string?[] _before = [.. Variables.Select(Environment.GetEnvironmentVariable)];

    public PullTests()
    {
        _hub = new StandInServer(_repository.Answer);
        Set(_hub.Address.AbsoluteUri, _directory["cache"], null, null);
    }

    public async ValueTask DisposeAsync()
    {
        Set(_before);
        await _hub.DisposeAsync();
        _directory.Dispose();
    }

    [Fact]
    public async Task Model_that_was_pulled_is_found_by_its_name()
    {
        ServeModel();

        string directory = (await CommandLine.RunAsync("pull", StandInRepository.Name)).Succeeded().Output.TrimEnd('\n');
        int requests = _hub.Requests.Count;
        CommandResult result = await CommandLine.RunAsync("generate", "--model", StandInRepository.Name, "--prompt-ids", "1,2,3", "--max-tokens", "4", "--json");

        Assert.Equal(_directory[$"cache/models--org--model/snapshots/{_repository.Commit}"], directory);
        Assert.Equal([1, 2, 3], result.Succeeded().Json().GetProperty("prompt_ids").EnumerateArray().Select(id => id.GetInt32()));
        Assert.Equal(requests, _hub.Requests.Count);
    }

    [Theory]
    [InlineData("generate --prompt-ids 1 --model org/model")]
    [InlineData("logits --ids 1 --out x --model org/model")]
    [InlineData("tokenize text --model org/model")]
    [InlineData("inspect --model org/model")]
    [InlineData("quantize --format fp8 --out x --model org/model")]
    public async Task No_other_command_fetches_a_model(string arguments)
    {
        string message = (await CommandLine.RunAsync(arguments.Split(' '))).FailedWith(1);

        Assert.Equal(
            $"org/model: no such directory, nor a model of that name in {_directory["cache"]}; 'nemotronh pull org/model' fetches it from the Hub", message);
        Assert.Empty(_hub.Requests);
        Assert.Empty(_directory.Contents());
    }

    [Fact]
    public async Task Json_tells_where_the_model_is_and_what_came()
    {
        var json = (await CommandLine.RunAsync("pull", StandInRepository.Name, "--revision", "v1", "--parallel", "1", "--json")).Succeeded().Json();

        Assert.Equal(
            ["model", "revision", "commit", "path", "files", "bytes", "fetched_bytes"], json.EnumerateObject().Select(property => property.Name));
        Assert.Equal("org/model", json.GetProperty("model").GetString());
        Assert.Equal("v1", json.GetProperty("revision").GetString());
        Assert.Equal(_repository.Commit, json.GetProperty("commit").GetString());
        Assert.True(File.Exists(Path.Join(json.GetProperty("path").GetString(), "config.json")));
        Assert.Equal((2, 5002, 5002), (Int("files"), Int("bytes"), Int("fetched_bytes")));

        int Int(string name) => json.GetProperty(name).GetInt32();
    }

    [Theory]
    [InlineData("tiny")]
    [InlineData("./org/model")]
    [InlineData("../model")]
    [InlineData("/org/model")]
    [InlineData("org/sub/model")]
    [InlineData("C:\\model")]
    [InlineData("https://huggingface.co/org")]
    [InlineData("https://huggingface.co/datasets/org/data")]
    public async Task Path_is_no_name_and_nobody_is_asked(string name)
    {
        string message = (await CommandLine.RunAsync("pull", name)).FailedWith(2);

        Assert.Equal($"NAME: '{name}' is no name of a model on the Hub; expected ORGANIZATION/NAME (see 'nemotronh pull --help')", message);
        Assert.Empty(_hub.Requests);
    }

    [Theory]
    [InlineData("https://huggingface.co/org/model")]
    [InlineData("https://huggingface.co/org/model/tree/main?a=b#c")]
    public async Task Address_of_a_page_is_answered_with_the_name_in_it(string address)
    {
        string message = (await CommandLine.RunAsync("pull", address)).FailedWith(2);

        Assert.Equal($"NAME: '{address}' is no name of a model on the Hub; expected org/model (see 'nemotronh pull --help')", message);
        Assert.Empty(_hub.Requests);
    }

    [Fact]
    public async Task Directory_of_this_machine_is_not_pulled()
    {
        Assert.Equal(
            $"{_directory.Path}: is on this machine already; expected the name of a model on the Hub",
            (await CommandLine.RunAsync("pull", _directory.Path)).FailedWith(1));
        Assert.Empty(_hub.Requests);
    }

    [Theory]
    [InlineData("org/model@a --revision b", 2, "both '@REVISION' and --revision are given; expected one of them (see 'nemotronh pull --help')")]
    [InlineData("org/model --revision ../x", 1, "'../x' is no revision: it has the part '..', which leads elsewhere; expected a branch, a tag or a commit")]
    [InlineData("org/model --parallel 0", 2, "--parallel: '0' is not a whole number from 1 to 2147483647 (see 'nemotronh pull --help')")]
    public async Task Wrong_options_are_refused_before_anybody_is_asked(string arguments, int exitCode, string expected)
    {
        Assert.Equal(expected, (await CommandLine.RunAsync(["pull", .. arguments.Split(' ')])).FailedWith(exitCode));
        Assert.Empty(_hub.Requests);
    }

    [Fact]
    public async Task Failure_is_one_line_that_does_not_show_the_token()
    {
        Environment.SetEnvironmentVariable("HF_TOKEN", "hf_secret");
        _hub.Answer = _ => StandInAnswer.Text(401);

        Assert.Equal(
            $"org/model: {_hub.Address.Authority} answers 401: there is no such model, or the token from HF_TOKEN is not accepted",
            (await CommandLine.RunAsync("pull", StandInRepository.Name)).FailedWith(1));
    }

    [Fact]
    public async Task Interruption_ends_with_130_and_the_next_pull_goes_on()
    {
        using var interruption = new CancellationTokenSource();
        _repository.Files["model.safetensors"] = StandInRepository.Noise(100_000);
        _hub.Answer = request =>
        {
            StandInAnswer answer = _repository.Answer(request);
            return StandInRepository.IsLarge(request.Target) && request.RangeStart is null ? answer with { SilentAfter = 40_000 } : answer;
        };

        Task<CommandResult> running = CommandLine.RunAsync(["pull", StandInRepository.Name, "--parallel", "1"], cancellationToken: interruption.Token);
        string partial = _directory[$"cache/models--org--model/blobs/{_repository.Blob("model.safetensors")}.incomplete"];
        while (!running.IsCompleted && (!File.Exists(partial) || new FileInfo(partial).Length < 40_000))
        {
            await Task.Delay(10, TestContext.Current.CancellationToken);
        }

        await interruption.CancelAsync();
        Assert.Equal("interrupted", (await running).FailedWith(130));

        var json = (await CommandLine.RunAsync("pull", StandInRepository.Name, "--json")).Succeeded().Json();
        Assert.Equal(60_000, json.GetProperty("fetched_bytes").GetInt32());
    }

    [Fact]
    public async Task Result_is_the_same_on_a_terminal()
    {
        CommandResult result = await CommandLine.RunAsync(["pull", StandInRepository.Name], isTerminal: true);

        Assert.Equal(0, result.ExitCode);
        Assert.Equal(_directory[$"cache/models--org--model/snapshots/{_repository.Commit}\n"], result.Output);
    }

    private void ServeModel()
    {
        string model = TestModel.Write(_directory);
        _repository.Files.Clear();
        foreach (string path in Directory.GetFiles(model))
        {
            _repository.Files[Path.GetFileName(path)] = File.ReadAllBytes(path);
        }
    }

    private static void Set(params string?[] values)
    {
        foreach ((string variable, string? value) in Variables.Zip(values))
        {
            Environment.SetEnvironmentVariable(variable, value);
        }
    }
}
