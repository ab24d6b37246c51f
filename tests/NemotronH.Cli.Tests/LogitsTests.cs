using System.Text.Json;
using NemotronH.Cli.Tests.Support;

namespace NemotronH.Cli.Tests;

public sealed class LogitsTests : IDisposable
{
    private readonly TemporaryDirectory _directory = new();

    public void Dispose() => _directory.Dispose();

    [Theory]
    [InlineData(0)]
    [InlineData(1)]
    [InlineData(9)]
    [InlineData(16)]
    [InlineData(17)]
    public async Task Decoding_from_any_position_scores_as_the_full_pass(int decodeFrom)
    {
        string model = TestModel.Write(_directory);
        string ids = string.Join(',', Enumerable.Range(20, 17));
        string[] arguments = ["logits", "--model", model, "--ids", ids];

        (await CommandLine.RunAsync([.. arguments, "--out", _directory["full"]])).Succeeded();
        (await CommandLine.RunAsync([.. arguments, "--out", _directory["decoded"], "--decode-from", $"{decodeFrom}"])).Succeeded();

        float[][] full = SafetensorsBytes.Read(_directory["full"]).Rows("logits");
        float[][] decoded = SafetensorsBytes.Read(_directory["decoded"]).Rows("logits");
        Assert.Equal(17, full.Length);
        Assert.All(full, row => Assert.Equal(TestModel.VocabSize, row.Length));
        for (int i = 0; i < full.Length; i++)
        {
            Assert.All(full[i].Zip(decoded[i]), pair => Assert.Equal(pair.First, pair.Second, 1e-4f));
        }
    }

    [Fact]
    public async Task File_holds_only_the_logits_and_json_says_so()
    {
        string model = TestModel.Write(_directory);
        string file = _directory["logits.safetensors"];

        string[] arguments = ["logits", "--model", model, "--ids", "1,2,3", "--out", file];

        CommandResult quiet = await CommandLine.RunAsync(arguments);
        JsonElement result = (await CommandLine.RunAsync([.. arguments, "--json"])).Succeeded().Json();

        Assert.Equal("", quiet.Succeeded().Output);
        Assert.Equal("""{"out":"FILE","tensor":"logits","shape":[3,300]}""", result.GetRawText().Replace(file, "FILE"));
        Assert.Equal(["logits"], SafetensorsBytes.Read(file).Header.Select(entry => entry.Key).Where(name => name != "__metadata__"));
    }

    [Fact]
    public async Task Failed_command_leaves_no_file_and_keeps_an_old_one()
    {
        string model = TestModel.Write(_directory);
        string old = _directory.Write("old.safetensors", "old");

        string[] arguments = ["logits", "--model", model];

        CommandResult fresh = await CommandLine.RunAsync([.. arguments, "--ids", "1,300", "--out", _directory["new.safetensors"]]);
        CommandResult kept = await CommandLine.RunAsync([.. arguments, "--ids", "1", "--decode-from", "2", "--out", old]);

        fresh.FailedWith(1);
        kept.FailedWith(1);
        Assert.Equal("old", await File.ReadAllTextAsync(old, TestContext.Current.CancellationToken));
        Assert.Equal(["model", "old.safetensors", "shape"], _directory.Contents());
    }

    [Fact]
    public async Task Path_that_cannot_be_written_is_named()
    {
        string model = TestModel.Write(_directory);
        string file = _directory["nowhere/logits.safetensors"];

        string message = (await CommandLine.RunAsync("logits", "--model", model, "--ids", "1", "--out", file)).FailedWith(1);

        Assert.Equal($"{file}: cannot be written: its directory does not exist", message);
    }
}
