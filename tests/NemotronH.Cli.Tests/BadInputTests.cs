using System.Text;
using System.Text.Json.Nodes;
using NemotronH.Cli.Tests.Support;

namespace NemotronH.Cli.Tests;

public sealed class BadInputTests : IDisposable
{
    private const string UpProjection = "backbone.layers.3.mixer.up_proj.weight";

    private readonly TemporaryDirectory _directory = new();

    /// <summary>Ways to spoil a model, and what the message must name: the culprit, what was found, what was expected.</summary>
    private static readonly Dictionary<string, (Action<string> Spoil, string[] Named)> Cases = new()
    {
        ["config is missing"] = (model => File.Delete(Path.Join(model, "config.json")), ["config.json", "expected a model's directory"]),
        ["config is no JSON"] = (model => File.WriteAllText(Path.Join(model, "config.json"), "{\"hidden_size\": 6"), ["config.json", "is not JSON"]),
        ["config is an array"] = (model => File.WriteAllText(Path.Join(model, "config.json"), "[]"), ["config.json", "expected an object"]),
        ["field is missing"] = (model => EditConfig(model, config => config.Remove("hidden_size")), ["config.json", "'hidden_size'", "is missing"]),
        ["field has the wrong type"] = (model => EditConfig(model, config => config["hidden_size"] = "wide"), ["config.json", "'hidden_size'", "a string", "expected"]),
        ["field is negative"] = (model => EditConfig(model, config => config["ssm_state_size"] = -16), ["config.json", "'ssm_state_size'", "-16", "expected"]),
        ["another model type"] = (model => EditConfig(model, config => config["model_type"] = "nemotron_h_puzzle"), ["config.json", "'nemotron_h_puzzle'", "expected 'nemotron_h'"]),
        ["unknown layer letter"] = (model => EditConfig(model, config => config["hybrid_override_pattern"] = "MEx-M"), ["config.json", "'x'", "position 2", "expected M, E, * or -"]),
        ["top-k above the experts"] = (model => EditConfig(model, config => config["num_experts_per_tok"] = 5), ["config.json", "'num_experts_per_tok'", "5", "(4)"]),
        ["no weights"] = (model => File.Delete(Weights(model)), ["model.safetensors"]),
        ["safetensors is truncated"] = (model => Truncate(model, bytes => bytes[..^10]), ["model.safetensors", "truncated"]),
        ["safetensors is empty"] = (model => Truncate(model, _ => []), ["model.safetensors", "empty"]),
        ["header is longer than the file"] = (model => Truncate(model, bytes => [.. BitConverter.GetBytes((long)bytes.Length), .. bytes[8..]]), ["model.safetensors", "header"]),
        ["header is no JSON"] = (model => Truncate(model, bytes => [.. bytes[..8], (byte)'x', .. bytes[9..]]), ["model.safetensors", "not valid JSON"]),
        ["offset is negative"] = (model => EditTensor(model, tensor => tensor["data_offsets"]![0] = -2), ["model.safetensors", UpProjection, "-2", "expected"]),
        ["offset is outside the file"] = (model => EditTensor(model, tensor => tensor["data_offsets"]![1] = 1_000_000_000), ["model.safetensors", UpProjection, "1000000000", "outside"]),
        ["tensors overlap"] = (model => EditTensor(model, tensor => Shift(tensor, -4)), ["model.safetensors", "overlaps"]),
        ["dtype is unknown"] = (model => EditTensor(model, tensor => tensor["dtype"] = "F13"), ["model.safetensors", UpProjection, "'F13'", "expected"]),
        ["shape is not as expected"] = (model => EditTensor(model, tensor => tensor["shape"] = new JsonArray(64, 96)), [UpProjection, "[64, 96]", "[96, 64]"]),
        ["tensor is missing"] = (model => EditWeights(model, weights => Rename(weights, UpProjection, "mtp.spare.weight")), [UpProjection, "missing"]),
        ["tensor is unused"] = (model => EditWeights(model, weights => weights.Add("backbone.layers.0.mixer.extra.weight")), ["backbone.layers.0.mixer.extra.weight", "used by nothing"]),
        ["generation config is no JSON"] = (model => File.WriteAllText(Path.Join(model, "generation_config.json"), "x"), ["generation_config.json", "is not JSON"]),
        ["tokenizer is of another kind"] = (model => EditTokenizer(model, tokenizer => tokenizer["model"]!["type"] = "Unigram"), ["tokenizer.json", "Unigram", "expected BPE"]),
        ["tokenizer is no JSON"] = (model => File.WriteAllText(Path.Join(model, "tokenizer.json"), "x"), ["tokenizer.json"]),
    };

    public static TheoryData<string> CaseNames => [.. Cases.Keys];

    public void Dispose() => _directory.Dispose();

    [Theory]
    [MemberData(nameof(CaseNames))]
    public async Task Spoiled_model_ends_generate_with_1_and_one_line_that_names_the_culprit(string name)
    {
        string model = TestModel.Write(_directory, tokenizer: true);
        Cases[name].Spoil(model);

        string message = (await CommandLine.RunAsync("generate", "a", "--model", model, "--max-tokens", "1")).FailedWith(1);

        Assert.All(Cases[name].Named, part => Assert.Contains(part, message));
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
        string logits = (await CommandLine.RunAsync("logits", "--model", model, "--ids", ids, "--out", _directory["out"])).FailedWith(1);

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
        string chosen = (await CommandLine.RunAsync("generate", "--model", model, "--prompt-ids", "1,2,3", "--max-context", "2")).FailedWith(1);

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

        string message = (await CommandLine.RunAsync("generate", "--model", model, "--prompt-ids", "1", "--device", "cuda:99")).FailedWith(1);

        Assert.StartsWith("there is no device cuda:99", message);
    }

    [Fact]
    public async Task Tokenizer_of_another_kind_ends_tokenize_as_well()
    {
        _directory.Write("tokenizer.json", """{"version": "1.0", "model": {"type": "WordPiece", "vocab": {}}, "decoder": {"type": "ByteLevel"}}""");

        string message = (await CommandLine.RunAsync("tokenize", "a", "--model", _directory.Path)).FailedWith(1);

        Assert.Contains("WordPiece", message);
    }

    private static string Weights(string model) => Path.Join(model, "model.safetensors");

    private static void EditConfig(string model, Action<JsonObject> edit) => EditJson(Path.Join(model, "config.json"), edit);

    private static void EditTokenizer(string model, Action<JsonObject> edit) => EditJson(Path.Join(model, "tokenizer.json"), edit);

    private static void EditJson(string path, Action<JsonObject> edit)
    {
        JsonObject json = JsonNode.Parse(File.ReadAllText(path, Encoding.UTF8))!.AsObject();
        edit(json);
        File.WriteAllText(path, json.ToJsonString());
    }

    private static void EditWeights(string model, Action<SafetensorsBytes> edit)
    {
        var weights = SafetensorsBytes.Read(Weights(model));
        edit(weights);
        weights.Write(Weights(model));
    }

    private static void EditTensor(string model, Action<JsonNode> edit) => EditWeights(model, weights => edit(weights.Header[UpProjection]!));

    private static void Rename(SafetensorsBytes weights, string from, string to)
    {
        JsonNode tensor = weights.Header[from]!;
        weights.Header.Remove(from);
        weights.Header[to] = tensor;
    }

    private static void Shift(JsonNode tensor, int bytes)
    {
        tensor["data_offsets"]![0] = (int)tensor["data_offsets"]![0]! + bytes;
        tensor["data_offsets"]![1] = (int)tensor["data_offsets"]![1]! + bytes;
    }

    private static void Truncate(string model, Func<byte[], byte[]> edit) => File.WriteAllBytes(Weights(model), edit(File.ReadAllBytes(Weights(model))));
}
