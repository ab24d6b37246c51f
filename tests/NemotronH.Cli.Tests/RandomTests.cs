using System.Text.Json;
using System.Text.Json.Nodes;
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

        Assert.Equal(["out", "parameters", "bytes", "layout"], result.EnumerateObject().Select(property => property.Name));
        var content = SafetensorsBytes.Read(_directory["made/model.safetensors"]);
        Assert.Equal(content.Data.Length, result.GetProperty("bytes").GetInt64());
        string[] generate = ["generate", "--model", _directory["made"], "--prompt-ids", "1", "--max-tokens", "2"];
        Assert.NotEqual("", (await CommandLine.RunAsync(generate)).Succeeded().Output);
    }

    [Theory]
    [InlineData("nvfp4", "NVFP4 linear layers and experts", "U8", "U8")]
    [InlineData("fp8", "FP8 linear layers and experts", "F8_E4M3", "F8_E4M3")]
    [InlineData("official", "like Nemotron 3 Nano, because no quantised release of this shape is known", "U8", "BF16")]
    public async Task Quantised_checkpoint_is_written_that_generates(string precision, string layout, string experts, string attention)
    {
        string[] random = ["random", "--config", _directory["shape"], "--precision", precision, "--out", _directory["made"]];
        string line = (await CommandLine.RunAsync(random)).Succeeded().Output;

        Assert.EndsWith($", {layout}\n", line);
        var content = SafetensorsBytes.Read(_directory["made/model.safetensors"]);
        Assert.Equal(experts, (string?)content.Header["backbone.layers.1.mixer.experts.0.up_proj.weight"]!["dtype"]);
        Assert.Equal(attention, (string?)content.Header["backbone.layers.2.mixer.o_proj.weight"]!["dtype"]);
        string[] generate = ["generate", "--model", _directory["made"], "--prompt-ids", "1", "--max-tokens", "2"];
        Assert.NotEqual("", (await CommandLine.RunAsync(generate)).Succeeded().Output);
    }

    [Fact]
    public async Task Shape_that_cannot_be_quantised_is_refused_by_the_name_of_the_module()
    {
        JsonObject config = TestModel.Config();
        config["moe_intermediate_size"] = 24;
        _directory.Write("shape/config.json", config.ToJsonString());

        string[] random = ["random", "--config", _directory["shape"], "--precision", "nvfp4", "--out", _directory["made"]];
        string message = (await CommandLine.RunAsync(random)).FailedWith(1);

        Assert.StartsWith("backbone.layers.1.mixer.experts.0.down_proj: has 24 columns; NVFP4 needs a multiple of 16", message);
        Assert.Equal(["shape"], _directory.Contents());
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
    public async Task Disk_that_is_too_small_is_known_before_anything_is_written()
    {
        JsonObject config = TestModel.Config();
        config["vocab_size"] = int.MaxValue;
        config["hidden_size"] = 1 << 20;
        _directory.Write("shape/config.json", config.ToJsonString());

        string message = (await RunAsync("made")).FailedWith(1);

        Assert.Matches(@"made: needs [\d.]+ TiB, and [\d.]+ \w+ are free$", message);
        Assert.Equal(["shape"], _directory.Contents());
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
