using System.Text.Json;
using NemotronH.Cli.Tests.Support;

namespace NemotronH.Cli.Tests;

public sealed class RandomTests : IDisposable
{
    private readonly TemporaryDirectory _directory = new();

    public RandomTests() => _directory.Write("shape/config.json", TestModel.Config().ToJsonString());

    public void Dispose() => _directory.Dispose();

    [Fact]
    public async Task Checkpoint_is_written_that_generates()
    {
        JsonElement result = (await RunAsync("made", "--json")).Succeeded().Json();

        Assert.Equal(["out", "parameters", "bytes"], result.EnumerateObject().Select(property => property.Name));
        var content = SafetensorsBytes.Read(_directory["made/model.safetensors"]);
        Assert.Equal(content.Data.Length, result.GetProperty("bytes").GetInt64());
        string[] generate = ["generate", "--model", _directory["made"], "--prompt-ids", "1", "--max-tokens", "2"];
        Assert.NotEqual("", (await CommandLine.RunAsync(generate)).Succeeded().Output);
    }

    [Fact]
    public async Task Same_seed_gives_the_same_weights_and_another_seed_others()
    {
        (await RunAsync("a", "--seed", "18446744073709551615")).Succeeded();
        (await RunAsync("b", "--seed", "18446744073709551615")).Succeeded();
        (await RunAsync("c", "--seed", "5")).Succeeded();

        Assert.Equal(Weights("a"), Weights("b"));
        Assert.NotEqual(Weights("a"), Weights("c"));
    }

    [Fact]
    public async Task Shards_are_no_larger_than_asked()
    {
        (await RunAsync("made", "--max-shard-size", "50KB")).Succeeded();

        FileInfo[] shards = new DirectoryInfo(_directory["made"]).GetFiles("*.safetensors");
        Assert.True(shards.Length > 2);
        Assert.All(shards, shard => Assert.True(SafetensorsBytes.Read(shard.FullName).Data.Length <= 50_000));
        Assert.True(File.Exists(_directory["made/model.safetensors.index.json"]));
    }

    [Fact]
    public async Task Directory_that_is_not_empty_is_refused_and_kept()
    {
        _directory.Write("made/file", "mine");

        string message = (await RunAsync("made")).FailedWith(1);

        Assert.Equal($"{_directory["made"]}: the directory exists and is not empty, expected a new one", message);
        Assert.Equal(["file"], Directory.GetFileSystemEntries(_directory["made"]).Select(Path.GetFileName));
    }

    [Fact]
    public async Task Cancelled_command_ends_with_130_and_leaves_nothing()
    {
        using var source = new CancellationTokenSource();
        await source.CancelAsync();

        string[] arguments = ["random", "--config", _directory["shape"], "--precision", "bfloat16", "--out", _directory["made"]];
        CommandResult result = await CommandLine.RunAsync(arguments, cancellationToken: source.Token);

        Assert.Equal("interrupted", result.FailedWith(130));
        Assert.Equal(["shape"], _directory.Contents());
    }

    private Task<CommandResult> RunAsync(string output, params string[] more) => CommandLine.RunAsync(
        ["random", "--config", _directory["shape"], "--precision", "bfloat16", "--out", _directory[output], .. more]);

    private byte[] Weights(string output) => File.ReadAllBytes(_directory[$"{output}/model.safetensors"]);
}
