using System.Text.Json;
using NemotronH.Checkpoints;
using NemotronH.Quantization;
using NemotronH.Tests.Checkpoints.Safetensors;
using static TorchSharp.torch;

namespace NemotronH.Tests.Checkpoints;

public sealed class CheckpointTests : IDisposable
{
    private const string Index = "model.safetensors.index.json";

    private readonly TemporaryDirectory _directory = new();

    public void Dispose() => _directory.Dispose();

    [Theory]
    [InlineData("model.safetensors")]
    [InlineData("weights.safetensors")]
    public void The_only_file_is_the_checkpoint(string name)
    {
        Write(name, "backbone.embeddings.weight", "lm_head.weight");
        using Checkpoint checkpoint = Checkpoint.Open(_directory.Path);
        Assert.Equal(["backbone.embeddings.weight", "lm_head.weight"], checkpoint.Tensors.Select(tensor => tensor.Name));
        Assert.Empty(checkpoint.SetAside);
    }

    [Fact]
    public void The_usual_file_goes_before_others()
    {
        Write("consolidated.safetensors", "x");
        Write("model.safetensors", "backbone.norm_f.weight");
        using Checkpoint checkpoint = Checkpoint.Open(_directory.Path);
        Assert.Equal(["backbone.norm_f.weight"], checkpoint.Tensors.Select(tensor => tensor.Name));
    }

    [Fact]
    public void Shards_are_read_under_canonical_names()
    {
        Write("1.safetensors", "language_model.backbone.embeddings.weight", "language_model.backbone.layers.0.norm.weight");
        Write("2.safetensors", "language_model.lm_head.weight");
        WriteIndex(
            ("language_model.backbone.embeddings.weight", "1.safetensors"),
            ("language_model.backbone.layers.0.norm.weight", "1.safetensors"),
            ("language_model.lm_head.weight", "2.safetensors"));
        using Checkpoint checkpoint = Checkpoint.Open(_directory.Path);
        Assert.Equal(
            ["backbone.embeddings.weight", "backbone.layers.0.norm.weight", "lm_head.weight"], checkpoint.Tensors.Select(tensor => tensor.Name));
        Assert.Equal("backbone.layers.0.norm.weight", checkpoint.Describe("backbone.layers.0.norm.weight")!.Name);
        Assert.Null(checkpoint.Describe("language_model.lm_head.weight"));
        Assert.Equal("language_model.lm_head.weight", checkpoint.OnDiskName("lm_head.weight"));
        Assert.Equal("backbone.nothing", checkpoint.OnDiskName("backbone.nothing"));
    }

    [Fact]
    public void Parts_that_are_not_run_are_set_aside_with_a_note()
    {
        Write(
            "model.safetensors",
            "model.embeddings.weight",
            "mtp.layers.0.enorm.weight",
            "mtp.layers.0.norm.weight",
            "vision_model.x",
            "mlp1.0.weight",
            "sound_encoder.y");
        using Checkpoint checkpoint = Checkpoint.Open(_directory.Path);
        Assert.Equal(["backbone.embeddings.weight"], checkpoint.Tensors.Select(tensor => tensor.Name));
        Assert.Equal(
            [new SetAsideTensors("multi-token prediction", 2, 4), new SetAsideTensors("vision", 2, 4), new SetAsideTensors("sound", 1, 2)],
            checkpoint.SetAside);
        var note = new SetAsideTensors("multi-token prediction", 1040, 5884105195);
        Assert.Equal("1040 multi-token prediction tensors (5.48 GiB) are set aside", note.ToString());
    }

    [Fact]
    public void Reading_marks_a_tensor_as_used()
    {
        Write("model.safetensors", "model.embeddings.weight", "lm_head.weight", "model.layers.7.norm.weight", "backbone.odd", "extra.weight");
        using Checkpoint checkpoint = Checkpoint.Open(_directory.Path);
        using (Tensor read = checkpoint.Read("lm_head.weight"))
        {
            Assert.Equal([0x80, 0x3F], read.bytes.ToArray());
        }

        checkpoint.Release("lm_head.weight");
        Assert.Equal(
            $"{_directory.Path}: 4 tensors are used by nothing: 'model.embeddings.weight' BF16 [1], 'model.layers.7.norm.weight' BF16 [1], " +
            "'backbone.odd' BF16 [1], 'extra.weight' BF16 [1]; expected only 7 layers",
            Message(() => checkpoint.ThrowIfUnused("7 layers")));
        checkpoint.Read("backbone.embeddings.weight").Dispose();
        checkpoint.Read("backbone.layers.7.norm.weight").Dispose();
        checkpoint.Read("backbone.odd").Dispose();
        Assert.Equal(
            $"{_directory.Path}: 1 tensor is used by nothing: 'extra.weight' BF16 [1]; expected only 7 layers", Message(() => checkpoint.ThrowIfUnused("7 layers")));
        checkpoint.Read("extra.weight").Dispose();
        checkpoint.ThrowIfUnused("7 layers");
    }

    [Fact]
    public void Only_the_first_few_of_many_tensors_are_named()
    {
        Write("model.safetensors", [.. Enumerable.Range(0, 9).Select(i => $"t{i}")]);
        using Checkpoint checkpoint = Checkpoint.Open(_directory.Path);
        Assert.EndsWith("'t4' BF16 [1] and 4 more; expected only this", Message(() => checkpoint.ThrowIfUnused("this")));
        Assert.Equal($"{_directory.Path}: 1 tensor is missing: 'lm_head.weight'", Message(() => checkpoint.Read("lm_head.weight")));
        Assert.Equal($"{_directory.Path}: 2 tensors are missing: 'x', 'y'", Message(() => checkpoint.ThrowIfMissing(["x", "t0", "y"])));
        checkpoint.ThrowIfMissing(["t0", "t8"]);
    }

    [Fact]
    public void A_closed_checkpoint_reads_nothing()
    {
        Write("model.safetensors", "lm_head.weight");
        Checkpoint checkpoint = Checkpoint.Open(_directory.Path);
        checkpoint.Dispose();
        Assert.Throws<ObjectDisposedException>(() => checkpoint.Read("lm_head.weight"));
    }

    [Fact]
    public void Two_names_of_one_tensor_are_refused()
    {
        Write("model.safetensors", "backbone.embeddings.weight", "model.embed_tokens.weight");
        Assert.Equal(
            $"{_directory["model.safetensors"]}: tensor 'model.embed_tokens.weight' is the same as 'backbone.embeddings.weight' " +
            "in model.safetensors, expected only one of them",
            Refusal());
    }

    [Fact]
    public void A_tensor_in_two_shards_is_refused()
    {
        Write("1.safetensors", "a", "b");
        Write("2.safetensors", "b");
        WriteIndex(("a", "1.safetensors"), ("b", "2.safetensors"));
        Assert.Equal(
            $"{_directory["2.safetensors"]}: tensor 'b' is the same as 'b' in 1.safetensors, expected only one of them", Refusal());
    }

    [Fact]
    public void A_directory_without_a_checkpoint_is_refused()
    {
        Assert.Equal($"{_directory.Path}: there is no model.safetensors, model.safetensors.index.json or other .safetensors file", Refusal());
        Write("a.safetensors", "a");
        Write("b.safetensors", "b");
        Assert.Equal($"{_directory.Path}: there are 2 .safetensors files, expected model.safetensors.index.json beside them", Refusal());
        Assert.Equal($"{_directory["x"]}: no such directory", Message(() => Checkpoint.Open(_directory["x"])));
        string file = _directory["a.safetensors"];
        Assert.Equal($"{file}: is a file, expected a checkpoint directory", Message(() => Checkpoint.Open(file)));
    }

    [Theory]
    [InlineData("cache/models--org--name/snapshots/cccccccccccccccccccccccccccccccccccccccc", true)]
    [InlineData("cache/models--org--name/snapshots/main", false)]
    [InlineData("snapshots/cccccccccccccccccccccccccccccccccccccccc", false)]
    public void What_a_model_from_the_Hub_lacks_is_to_be_pulled(string directory, bool isFromHub)
    {
        string remedy = isFromHub ? "; 'nemotronh pull org/name@cccccccccccccccccccccccccccccccccccccccc' fetches it" : "";
        Directory.CreateDirectory(_directory[directory]);

        Assert.EndsWith($" or other .safetensors file{remedy}", Message(() => Checkpoint.Open(_directory[directory])));

        _directory.Write($"{directory}/{Index}", """{"weight_map":{"t":"gone.safetensors"}}""");

        Assert.EndsWith($"names the shard 'gone.safetensors', but there is no such file{remedy}", Message(() => Checkpoint.Open(_directory[directory])));
    }

    [Theory]
    [InlineData("", "is not valid JSON: ")]
    [InlineData("{", "is not valid JSON: ")]
    [InlineData("""{"weight_map":{"\udc00":"a"}}""", "is not valid JSON: ")]
    [InlineData("[]", "there is no weight_map object in the index")]
    [InlineData("{}", "there is no weight_map object in the index")]
    [InlineData("""{"weight_map":[]}""", "there is no weight_map object in the index")]
    [InlineData("""{"weight_map":{}}""", "the weight_map is empty, expected the names of the tensors")]
    [InlineData("""{"weight_map":{"t":3}}""", "weight_map gives '3' for 't', expected the plain name of a file in the same directory")]
    [InlineData("""{"weight_map":{"t":"a.safetensors","t":"a.safetensors"}}""", "weight_map lists 't' twice")]
    [InlineData("""{"weight_map":{"t":"../a.safetensors"}}""", """weight_map gives '"../a.safetensors"' for 't', expected the plain name of a file in the same directory""")]
    [InlineData("""{"weight_map":{"t":"/etc/passwd"}}""", """weight_map gives '"/etc/passwd"' for 't', expected the plain name of a file in the same directory""")]
    [InlineData("""{"weight_map":{"t":"a\\b"}}""", """weight_map gives '"a\\b"' for 't', expected the plain name of a file in the same directory""")]
    [InlineData("""{"weight_map":{"t":".."}}""", """weight_map gives '".."' for 't', expected the plain name of a file in the same directory""")]
    [InlineData("""{"weight_map":{"t":""}}""", """weight_map gives '""' for 't', expected the plain name of a file in the same directory""")]
    [InlineData("""{"weight_map":{"t":"gone.safetensors"}}""", "the index names the shard 'gone.safetensors', but there is no such file")]
    [InlineData("""{"weight_map":{"a":"1.safetensors","t":"1.safetensors"}}""", "the index says that tensor 't' is in '1.safetensors', but it is not there")]
    public void An_index_that_is_wrong_is_refused(string json, string fault)
    {
        Write("1.safetensors", "a");
        _directory.Write(Index, json);
        Assert.StartsWith($"{_directory[Index]}: {fault}", Refusal());
    }

    [Fact]
    public void Random_bytes_in_an_index_are_read_or_refused_and_nothing_else_happens()
    {
        var random = new Random(20260212);
        Write("1.safetensors", "a", "b");
        byte[] valid = """{"metadata":{"total_size":4},"weight_map":{"a":"1.safetensors","b":"1.safetensors"}}"""u8.ToArray();
        int refused = 0;
        for (int i = 0; i < 1000; i++)
        {
            _directory.Write(Index, Fuzzing.Mutate(random, valid));
            try
            {
                Checkpoint.Open(_directory.Path).Dispose();
            }
            catch (CheckpointException exception)
            {
                Assert.StartsWith($"{_directory[Index]}: ", exception.Message);
                refused++;
            }
        }

        Assert.InRange(refused, 500, 999);
    }

    [Fact]
    public void A_shard_that_is_malformed_is_named()
    {
        Write("1.safetensors", "a");
        _directory.Write("2.safetensors", "");
        WriteIndex(("a", "1.safetensors"), ("b", "2.safetensors"));
        Assert.StartsWith($"{_directory["2.safetensors"]}: the file is empty", Refusal());
    }

    private static string Message(Action action) => Assert.Throws<CheckpointException>(action).Message;

    private string Refusal() => Message(() => Checkpoint.Open(_directory.Path));

    /// <summary>A file of bfloat16 tensors with one element, 1.</summary>
    private void Write(string file, params string[] names)
    {
        int[] shape = [1];
        var header = names.Select((name, i) =>
            KeyValuePair.Create(name, new { dtype = "BF16", shape, data_offsets = new[] { 2 * i, (2 * i) + 2 } }));
        byte[] data = [.. names.SelectMany(_ => new byte[] { 0x80, 0x3F })];
        _directory.Write(file, RawSafetensors.File(JsonSerializer.Serialize(header.ToDictionary()), data));
    }

    private void WriteIndex(params (string Tensor, string Shard)[] entries) =>
        _directory.Write(
            Index, JsonSerializer.Serialize(new { weight_map = entries.ToDictionary(entry => entry.Tensor, entry => entry.Shard) }));
}
