using NemotronH.Cli.Tests.Support;

namespace NemotronH.Cli.Tests;

public sealed class BadInputTests : IDisposable
{
    private readonly TemporaryDirectory _directory = new();

    public static TheoryData<string> CaseNames => [.. SpoiledModel.Cases.Keys];

    public void Dispose() => _directory.Dispose();

    [Theory]
    [MemberData(nameof(CaseNames))]
    public async Task Spoiled_model_ends_generate_with_1_and_one_line_that_names_the_culprit(string name)
    {
        string model = TestModel.Write(_directory, tokenizer: true);
        SpoiledModel.Cases[name].Spoil(model);

        string message = (await CommandLine.RunAsync("generate", "a", "--model", model, "--max-tokens", "1")).FailedWith(1);

        Assert.All(SpoiledModel.Cases[name].Named, part => Assert.Contains(part, message));
    }

    [Fact]
    public async Task Shard_that_the_index_names_must_be_there()
    {
        string model = TestModel.Write(_directory, maxShardBytes: 50_000);
        string shard = Directory.GetFiles(model, "*.safetensors").Order().First();
        File.Delete(shard);

        string message = (await CommandLine.RunAsync("generate", "--model", model, "--prompt-ids", "1")).FailedWith(1);

        Assert.Contains("model.safetensors.index.json", message);
        Assert.Contains($"'{Path.GetFileName(shard)}'", message);
    }

    [Theory]
    [InlineData("1,300", "token id 300 at position 1 is outside the vocabulary; expected 0 to 299")]
    [InlineData("-1", "token id -1 at position 0 is outside the vocabulary; expected 0 to 299")]
    [InlineData("99999999999", "token id 99999999999 is outside the vocabulary")]
    public async Task Token_id_outside_the_vocabulary_is_named(string ids, string expected)
    {
        string model = TestModel.Write(_directory);

        string generate = (await CommandLine.RunAsync("generate", "--model", model, "--prompt-ids", ids)).FailedWith(1);
        string logits = (await CommandLine.RunAsync(
            "logits", "--model", model, "--ids", ids, "--out", _directory["out"])).FailedWith(1);

        Assert.Equal(expected, generate);
        Assert.Equal(expected, logits);
        Assert.False(File.Exists(_directory["out"]));
    }

    [Fact]
    public async Task Prompt_longer_than_the_context_is_refused()
    {
        string model = TestModel.Write(_directory);
        string ids = string.Join(',', Enumerable.Range(0, TestModel.MaxContext + 1));

        string natural = (await CommandLine.RunAsync("generate", "--model", model, "--prompt-ids", ids)).FailedWith(1);
        string chosen = (await CommandLine.RunAsync(
            "generate", "--model", model, "--prompt-ids", "1,2,3", "--max-context", "2")).FailedWith(1);

        Assert.Equal("the prompt has 65 tokens; the context holds 64", natural);
        Assert.Equal("the prompt has 3 tokens; the context holds 2", chosen);
    }

    [Fact]
    public async Task Directory_that_is_not_there_is_named()
    {
        string message = (await CommandLine.RunAsync("generate", "a", "--model", _directory["nowhere"])).FailedWith(1);

        Assert.StartsWith($"{_directory["nowhere"]}: no such directory", message);
    }

    [Fact]
    public async Task Text_needs_a_tokenizer()
    {
        string model = TestModel.Write(_directory);

        string message = (await CommandLine.RunAsync("generate", "a", "--model", model)).FailedWith(1);

        Assert.Equal($"'{model}' has no tokenizer.json; give token ids instead of text", message);
    }

    [Fact]
    public async Task Empty_prompt_is_refused()
    {
        string given = (await CommandLine.RunAsync("generate", "")).FailedWith(1);
        string piped = (await CommandLine.RunAsync(["generate"], stdin: "")).FailedWith(1);

        Assert.Equal("the prompt is empty; expected text to continue", given);
        Assert.Equal(given, piped);
    }

    [Fact]
    public async Task Device_that_is_not_there_is_named()
    {
        string model = TestModel.Write(_directory);

        string message = (await CommandLine.RunAsync(
            "generate", "--model", model, "--prompt-ids", "1", "--device", "cuda:99")).FailedWith(1);

        Assert.StartsWith("there is no device cuda:99", message);
    }

    [Fact]
    public async Task Tokenizer_of_another_kind_ends_tokenize_as_well()
    {
        _directory.Write(
            "tokenizer.json", """{"version": "1.0", "model": {"type": "WordPiece", "vocab": {}}, "decoder": {"type": "ByteLevel"}}""");

        string message = (await CommandLine.RunAsync("tokenize", "a", "--model", _directory.Path)).FailedWith(1);

        Assert.Contains("WordPiece", message);
    }
}
