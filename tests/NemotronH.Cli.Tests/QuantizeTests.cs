using System.Text.Json;
using System.Text.Json.Nodes;
using NemotronH.Cli.Tests.Support;

namespace NemotronH.Cli.Tests;

public sealed class QuantizeTests : IDisposable
{
    private static readonly string[] NotRead = ["generation config is no JSON", "tokenizer is of another kind", "tokenizer is no JSON"];

    private readonly TemporaryDirectory _directory = new();

    public static TheoryData<string> CaseNames => [.. SpoiledModel.Cases.Keys.Except(NotRead)];

    private string Model => _directory["model"];

    public void Dispose() => _directory.Dispose();

    [Theory]
    [InlineData("--format nvfp4", "U8 U8 U8 BF16")]
    [InlineData("--format fp8", "F8_E4M3 F8_E4M3 F8_E4M3 BF16")]
    [InlineData("--recipe nano", "U8 U8 BF16 BF16")]
    [InlineData("--recipe super", "F8_E4M3 U8 BF16 BF16")]
    [InlineData("--recipe lightning", "F8_E4M3 U8 BF16 U8")]
    [InlineData("--format nvfp4 --exclude *.o_proj --exclude *.mixer.in_proj", "BF16 U8 BF16 BF16")]
    public async Task Checkpoint_is_written_that_generates(string recipe, string dtypes)
    {
        TestModel.Write(_directory, tokenizer: true);

        string line = (await RunAsync("made", recipe.Split(' '))).Succeeded().Output;

        Assert.Matches(@"made: [\d.]+ KiB, \d\d % of [\d.]+ KiB; modules: ", line);
        var header = SafetensorsBytes.Read(_directory["made/model.safetensors"]).Header;
        string[] modules =
        [
            "backbone.layers.0.mixer.in_proj", "backbone.layers.1.mixer.experts.0.up_proj", "backbone.layers.2.mixer.o_proj", "lm_head",
        ];
        Assert.Equal(dtypes, string.Join(' ', modules.Select(module => (string?)header[$"{module}.weight"]!["dtype"])));
        string[] generate = ["generate", "hello", "--model", _directory["made"], "--max-tokens", "2"];
        Assert.NotEqual("", (await CommandLine.RunAsync(generate)).Succeeded().Output);
    }

    [Fact]
    public async Task Without_a_model_the_shipped_one_in_bfloat16_is_quantised()
    {
        string[] arguments = ["quantize", "--format", "nvfp4", "--json", "--out", _directory["made"]];

        JsonElement result = (await CommandLine.RunAsync(arguments)).Succeeded().Json();

        Assert.Equal("""{"nvfp4":54,"unquantized":2}""", result.GetProperty("modules").GetRawText());
    }

    [Fact]
    public async Task Json_counts_modules_and_bytes()
    {
        TestModel.Write(_directory);

        JsonElement result = (await RunAsync("made", "--recipe", "lightning", "--json")).Succeeded().Json();

        Assert.Equal(["out", "source_bytes", "bytes", "modules", "unmatched_rules"], result.EnumerateObject().Select(property => property.Name));
        Assert.Equal(SafetensorsBytes.Read(_directory["model/model.safetensors"]).Data.Length, result.GetProperty("source_bytes").GetInt64());
        Assert.Equal(SafetensorsBytes.Read(_directory["made/model.safetensors"]).Data.Length, result.GetProperty("bytes").GetInt64());

        // ME*-M: two Mamba layers; four experts, one shared and the head; embeddings, attention and MLP.
        Assert.Equal("""{"fp8":4,"nvfp4":11,"unquantized":7}""", result.GetProperty("modules").GetRawText());
    }

    [Fact]
    public async Task Recipe_file_is_followed_and_rules_for_nothing_are_noted()
    {
        TestModel.Write(_directory);
        _directory.Write("recipe.json", """
            {"rules": [{"modules": "*.shared_expert.*", "precision": "fp8"}, {"modules": "*.experts.*", "precision": "nvfp4"}], "four_over_six": true}
            """);

        CommandResult result = await RunAsync("made", "--recipe", _directory["recipe.json"]);

        Assert.Equal(0, result.ExitCode);
        Assert.EndsWith("; modules: 8 nvfp4, 14 unquantized\n", result.Output);
        Assert.Equal("note: these rules decided about no module: *.shared_expert.*\n", result.Error);
    }

    [Fact]
    public async Task Options_change_the_rounding()
    {
        TestModel.Write(_directory);
        string[][] variants = [[], ["--four-over-six"], ["--scale-search", "mse"], ["--four-over-six", "--scale-search", "mse"]];
        var written = new HashSet<string>();
        foreach (string[] options in variants)
        {
            (await RunAsync($"made-{written.Count}", ["--format", "nvfp4", .. options])).Succeeded();
            written.Add(Convert.ToBase64String(File.ReadAllBytes(_directory[$"made-{written.Count}/model.safetensors"])));
        }

        Assert.Equal(4, written.Count);
    }

    [Theory]
    [MemberData(nameof(CaseNames))]
    public async Task Spoiled_model_ends_with_1_and_one_line_that_names_the_culprit_and_nothing_is_left(string name)
    {
        SpoiledModel.Cases[name].Spoil(TestModel.Write(_directory, tokenizer: true));

        string message = (await RunAsync("made", "--format", "nvfp4")).FailedWith(1);

        Assert.All(SpoiledModel.Cases[name].Named, part => Assert.Contains(part, message));
        Assert.Equal(["model", "shape"], _directory.Contents());
    }

    [Fact]
    public async Task What_cannot_be_done_ends_with_1_and_one_line_that_names_it()
    {
        TestModel.Write(_directory);
        _directory.Write("recipe.json", """{"rules": [{"modules": "*", "precision": "int4"}]}""");

        Assert.Equal(
            "none: no such file, nor a recipe of that name; those are nano, super, lightning",
            (await RunAsync("made", "--recipe", "none")).FailedWith(1));
        Assert.Equal(
            $"{_directory["recipe.json"]}: field 'rules[0].precision' is 'int4'; expected 'nvfp4', 'fp8' or 'bfloat16'",
            (await RunAsync("made", "--recipe", _directory["recipe.json"])).FailedWith(1));
        Assert.StartsWith(
            "the excluding pattern 'lm-head' matches no module of this model",
            (await RunAsync("made", "--format", "fp8", "--exclude", "lm-head")).FailedWith(1));
        string[] nowhere = ["quantize", "--model", _directory["nowhere"], "--out", _directory["made"], "--format", "fp8"];
        Assert.StartsWith($"{_directory["nowhere"]}: no such directory", (await CommandLine.RunAsync(nowhere)).FailedWith(1));
        Assert.Equal(["model", "recipe.json", "shape"], _directory.Contents());
    }

    [Fact]
    public async Task Rows_without_whole_blocks_need_an_exclusion()
    {
        JsonObject config = TestModel.Config();
        config["intermediate_size"] = 40;
        _directory.Write("shape/config.json", config.ToJsonString());
        string[] random = ["random", "--config", _directory["shape"], "--precision", "bfloat16", "--out", Model];
        (await CommandLine.RunAsync(random)).Succeeded();

        string message = (await RunAsync("made", "--format", "nvfp4")).FailedWith(1);

        Assert.Contains("backbone.layers.3.mixer.down_proj: has 40 columns", message);
        Assert.Contains("--exclude 'backbone.layers.3.mixer.down_proj'", message);
        (await RunAsync("made", "--format", "nvfp4", "--exclude", "backbone.layers.3.mixer.down_proj")).Succeeded();
    }

    [Fact]
    public async Task Quantised_checkpoint_is_not_quantised_again()
    {
        TestModel.Write(_directory);
        (await RunAsync("made", "--format", "nvfp4")).Succeeded();

        string[] again = ["quantize", "--model", _directory["made"], "--out", _directory["again"], "--format", "fp8"];
        string message = (await CommandLine.RunAsync(again)).FailedWith(1);

        Assert.StartsWith($"{_directory["made"]}: is quantised already (", message);
    }

    [Fact]
    public async Task Cancelled_command_ends_with_130_and_leaves_nothing()
    {
        TestModel.Write(_directory);
        using var source = new CancellationTokenSource();
        await source.CancelAsync();

        string[] arguments = ["quantize", "--model", Model, "--out", _directory["made"], "--format", "nvfp4"];
        CommandResult result = await CommandLine.RunAsync(arguments, cancellationToken: source.Token);

        Assert.Equal("interrupted", result.FailedWith(130));
        Assert.Equal(["model", "shape"], _directory.Contents());
    }

    private Task<CommandResult> RunAsync(string output, params string[] more) =>
        CommandLine.RunAsync(["quantize", "--model", Model, "--out", _directory[output], .. more]);
}
