using System.Text.Json.Nodes;
using NemotronH.Checkpoints;
using NemotronH.Checkpoints.Synthetic;
using NemotronH.Configuration;
using NemotronH.Quantization;
using static TorchSharp.torch;

namespace NemotronH.Tests.Checkpoints.Synthetic;

public sealed class RandomCheckpointTests : IDisposable
{
    private readonly TemporaryDirectory _directory = new();

    public RandomCheckpointTests()
    {
        Directory.CreateDirectory(Source);
        File.WriteAllText(Path.Join(Source, "config.json"), """{"time_step_limit":[0.0,Infinity]}""");
        File.WriteAllText(Path.Join(Source, "tokenizer.json"), "tokens");
        File.WriteAllText(Path.Join(Source, "notes.txt"), "notes");
    }

    private string Source => _directory["source"];

    public void Dispose() => _directory.Dispose();

    [Fact]
    public void The_checkpoint_holds_the_plan_and_the_config()
    {
        string target = Write("out");
        using Checkpoint checkpoint = Checkpoint.Open(target);
        Assert.Equal(
            ModelTensorPlan.Enumerate(TestConfigs.Tiny).Select(tensor => (tensor.Name, tensor.Dtype, string.Join(',', tensor.Shape))).Order(),
            checkpoint.Tensors.Select(tensor => (tensor.Name, tensor.Dtype, string.Join(',', tensor.Shape))).Order());
        Assert.Equal("""{"time_step_limit":[0.0,Infinity]}""", File.ReadAllText(Path.Join(target, "config.json")));
        Assert.Equal("tokens", File.ReadAllText(Path.Join(target, "tokenizer.json")));
        Assert.Equal(["config.json", "model.safetensors", "tokenizer.json"], Directory.GetFiles(target).Select(Path.GetFileName).Order());
    }

    [Fact]
    public void What_the_config_says_of_another_quantisation_is_left_out()
    {
        File.WriteAllText(
            Path.Join(Source, "config.json"), """{"a":{"quantization_config":1},"quantization_config":{"quant_algo":"FP8"},"b":[0.5,Infinity],"ü":"<&"}""");
        string config = File.ReadAllText(Path.Join(Write("out"), "config.json"));
        JsonNode expected = JsonNode.Parse("""{"a":{"quantization_config":1},"b":[0.5,{"__float__":"Infinity"}],"ü":"<&"}""")!;
        Assert.True(JsonNode.DeepEquals(expected, JsonNode.Parse(config)), config);
    }

    [Theory]
    [InlineData("nonsense", "is not JSON")]
    [InlineData("[]", "is no JSON object")]
    public void A_config_that_is_no_config_is_refused_and_nothing_is_left(string json, string fault)
    {
        string config = Path.Join(Source, "config.json");
        File.WriteAllText(config, json);
        var exception = Assert.Throws<ConfigurationException>(() => Write("out"));
        Assert.StartsWith($"{config}: {fault}", exception.Message);
        Assert.DoesNotContain(_directory.Contents(), entry => !entry.StartsWith("source"));
    }

    [Fact]
    public void The_same_seed_gives_the_same_bytes_and_another_gives_others()
    {
        byte[] first = File.ReadAllBytes(Path.Join(Write("a"), "model.safetensors"));
        Assert.Equal(first, File.ReadAllBytes(Path.Join(Write("b"), "model.safetensors")));
        Assert.NotEqual(first, File.ReadAllBytes(Path.Join(Write("c", new RandomCheckpointOptions { Seed = 1 }), "model.safetensors")));
    }

    [Fact]
    public void Shards_hold_the_same_values_as_one_file()
    {
        using Checkpoint single = Checkpoint.Open(Write("single"));
        string shards = Write("shards", new RandomCheckpointOptions { MaxShardBytes = 20_000 });
        Assert.True(Directory.GetFiles(shards, "model-*-of-*.safetensors").Length > 3);
        using Checkpoint sharded = Checkpoint.Open(shards);
        foreach (PlannedTensor tensor in ModelTensorPlan.Enumerate(TestConfigs.Tiny))
        {
            using Tensor expected = single.Read(tensor.Name);
            using Tensor found = sharded.Read(tensor.Name);
            Assert.True(expected.bytes.SequenceEqual(found.bytes), tensor.Name);
        }

        single.ThrowIfUnused("the plan");
    }

    [Fact]
    public void A_tensor_larger_than_the_buffer_is_written_whole()
    {
        NemotronHConfig config = TestConfigs.Tiny with { VocabSize = 400_001, Layers = [], TieWordEmbeddings = true };
        RandomCheckpoint.Write(config, Source, _directory["out"], cancellationToken: TestContext.Current.CancellationToken);
        PlannedTensor embeddings = ModelTensorPlan.Enumerate(config).First();
        byte[] expected = new byte[embeddings.Unquantized.ByteCount];
        var tensor = new RandomTensor(embeddings.Unquantized, embeddings, ModulePrecision.Unquantized);
        new RandomWeights(config, seed: 0).Fill(tensor, 0, expected);
        using Checkpoint checkpoint = Checkpoint.Open(_directory["out"]);
        using Tensor found = checkpoint.Read(embeddings.Name);
        Assert.True(expected.Length > 34_000_000 && found.bytes.SequenceEqual(expected));
    }

    [Fact]
    public void Progress_ends_at_the_size_of_all_tensors()
    {
        var steps = new Steps();
        Write("out", progress: steps);
        long total = ModelTensorPlan.Enumerate(TestConfigs.Tiny).Sum(tensor => tensor.Unquantized.ByteCount);
        Assert.Equal(new WriteProgress(total, total), steps[^1]);
        Assert.Equal(steps.Select(step => step.BytesWritten).Order().Distinct(), steps.Select(step => step.BytesWritten));
    }

    [Fact]
    public void Nothing_is_left_when_the_writing_is_cancelled()
    {
        using var cancellation = new CancellationTokenSource();
        var steps = new Steps { Reported = step => { if (step.BytesWritten > 50_000) { cancellation.Cancel(); } } };
        Assert.Throws<OperationCanceledException>(() =>
            RandomCheckpoint.Write(TestConfigs.Tiny, Source, _directory["new/out"], progress: steps, cancellationToken: cancellation.Token));
        Assert.DoesNotContain(_directory.Contents(), entry => !entry.StartsWith("source"));
    }

    [Fact]
    public void A_directory_without_a_config_is_named_and_nothing_is_left()
    {
        File.Delete(Path.Join(Source, "config.json"));
        var exception = Assert.Throws<CheckpointException>(() => Write("out"));
        Assert.Equal($"{Path.Join(Source, "config.json")}: no such file", exception.Message);
        Assert.Equal(["source", "source/notes.txt", "source/tokenizer.json"], _directory.Contents());
    }

    private string Write(string name, RandomCheckpointOptions? options = null, IProgress<WriteProgress>? progress = null)
    {
        RandomCheckpoint.Write(TestConfigs.Tiny, Source, _directory[name], options, progress, TestContext.Current.CancellationToken);
        return _directory[name];
    }

    private sealed class Steps : List<WriteProgress>, IProgress<WriteProgress>
    {
        public Action<WriteProgress>? Reported { get; init; }

        public void Report(WriteProgress value)
        {
            Add(value);
            Reported?.Invoke(value);
        }
    }
}
