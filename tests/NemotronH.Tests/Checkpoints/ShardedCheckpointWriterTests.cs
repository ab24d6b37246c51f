using System.Text.Json;
using System.Text.RegularExpressions;
using NemotronH.Checkpoints;
using NemotronH.Checkpoints.Safetensors;
using NemotronH.Quantization;

namespace NemotronH.Tests.Checkpoints;

public sealed class ShardedCheckpointWriterTests : IDisposable
{
    private static readonly StoredTensorInfo[] Tensors = [Bytes("a", 6), Bytes("b", 4), Bytes("c", 1), Bytes("d", 30), Bytes("e", 10)];

    private readonly TemporaryDirectory _directory = new();

    public void Dispose() => _directory.Dispose();

    [Fact]
    public void Tensors_are_divided_by_size_in_the_given_order_and_indexed()
    {
        string target = _directory["new/checkpoint"];
        using (var writer = new ShardedCheckpointWriter(target, Tensors, maxShardBytes: 10))
        {
            Assert.Equal(51, writer.TotalBytes);
            writer.AddFile("config.json", "{}"u8);
            foreach (StoredTensorInfo tensor in Tensors.Reverse())
            {
                writer.Write(tensor, new byte[tensor.ByteCount]);
            }

            writer.Complete();
        }

        string[] shards = [.. Enumerable.Range(1, 4).Select(i => $"model-0000{i}-of-00004.safetensors")];
        string[] files = ["config.json", .. shards, "model.safetensors.index.json"];
        Assert.Equal(["new", "new/checkpoint", .. files.Select(name => $"new/checkpoint/{name}")], _directory.Contents());
        using JsonDocument index = JsonDocument.Parse(File.ReadAllBytes(Path.Join(target, "model.safetensors.index.json")));
        Assert.Equal(51, index.RootElement.GetProperty("metadata").GetProperty("total_size").GetInt64());
        var map = index.RootElement.GetProperty("weight_map").EnumerateObject()
            .ToDictionary(entry => entry.Name, entry => entry.Value.GetString()!);
        Assert.Equal([shards[0], shards[0], shards[1], shards[2], shards[3]], Tensors.Select(tensor => map[tensor.Name]));
        foreach (StoredTensorInfo tensor in Tensors)
        {
            using SafetensorsFile shard = SafetensorsFile.Open(Path.Join(target, map[tensor.Name]));
            Assert.Equal(tensor.Shape, shard.Describe(tensor.Name)!.Shape);
            Assert.Equal("pt", shard.Metadata["format"]);
        }
    }

    [Fact]
    public void One_file_needs_no_index()
    {
        string target = _directory["checkpoint"];
        Directory.CreateDirectory(target);
        using (var writer = new ShardedCheckpointWriter(target, [Bytes("a", 3), Bytes("empty", 0)]))
        {
            writer.Append("a", [1, 2]);
            writer.Append("a", [3]);
            writer.Complete();
        }

        Assert.Equal(["checkpoint", "checkpoint/model.safetensors"], _directory.Contents());
        Assert.Equal([1, 2, 3], File.ReadAllBytes(Path.Join(target, "model.safetensors"))[^3..]);
    }

    [Fact]
    public void Nothing_appears_before_the_end_and_nothing_is_left_of_a_failure()
    {
        using (var writer = new ShardedCheckpointWriter(_directory["new/deep/checkpoint"], Tensors, maxShardBytes: 10))
        {
            writer.Write(Tensors[0], new byte[6]);
            writer.Write(Tensors[1], new byte[4]);
            writer.Append("d", new byte[29]);
            Assert.False(Directory.Exists(_directory["new/deep/checkpoint"]));
            Assert.Equal("Tensor 'c' lacks 1 of 1 bytes.", Assert.Throws<InvalidOperationException>(writer.Complete).Message);
        }

        Assert.Empty(_directory.Contents());
    }

    [Fact]
    public void Directories_that_were_there_stay_when_a_writer_is_abandoned()
    {
        Directory.CreateDirectory(_directory["there"]);
        new ShardedCheckpointWriter(_directory["there/deep/checkpoint"], Tensors).Dispose();
        Assert.Equal(["there"], _directory.Contents());
    }

    [Fact]
    public void A_target_that_is_taken_is_refused_and_stays_as_it_is()
    {
        Directory.CreateDirectory(_directory["full"]);
        _directory.Write("full/precious.txt", "x");
        string file = _directory.Write("file", "x");
        string full = _directory["full"];
        Assert.Equal(
            $"{full}: the directory exists and is not empty, expected a new one",
            Assert.Throws<CheckpointException>(() => new ShardedCheckpointWriter(full, Tensors)).Message);
        Assert.Equal(
            $"{file}: is a file, expected a directory that does not exist yet",
            Assert.Throws<CheckpointException>(() => new ShardedCheckpointWriter(file, Tensors)).Message);
        Assert.Equal(["file", "full", "full/precious.txt"], _directory.Contents());
    }

    [Fact]
    public void A_disk_that_is_too_small_is_refused_before_anything_is_made()
    {
        string target = _directory["new/deep/checkpoint"];
        var exception = Assert.Throws<CheckpointException>(() => new ShardedCheckpointWriter(target, [Bytes("a", 1L << 60)]));
        Assert.Matches($@"^{Regex.Escape(target)}: needs 1048576 TiB, and [\d.]+ [KMGT]?i?B are free\z", exception.Message);
        Assert.Empty(_directory.Contents());
    }

    [Fact]
    public void A_target_that_is_taken_meanwhile_is_refused()
    {
        string target = _directory["checkpoint"];
        using (var writer = new ShardedCheckpointWriter(target, [Bytes("a", 1)]))
        {
            writer.Append("a", [1]);
            Directory.CreateDirectory(target);
            _directory.Write("checkpoint/precious.txt", "x");
            Assert.Throws<CheckpointException>(writer.Complete);
        }

        Assert.Equal(["checkpoint", "checkpoint/precious.txt"], _directory.Contents());
    }

    [Fact]
    public void Wrong_use_names_the_tensor()
    {
        StoredTensorInfo[] twice = [Bytes("a", 1), Bytes("a", 1)];
        var exception = Assert.Throws<ArgumentException>(() => new ShardedCheckpointWriter(_directory["x"], twice, maxShardBytes: 1));
        Assert.Contains("'a' is listed twice", exception.Message);
        using var writer = new ShardedCheckpointWriter(_directory["x"], Tensors);
        Assert.Contains("No tensor 'z' was announced", Assert.Throws<ArgumentException>(() => writer.Append("z", [1])).Message);
    }

    private static StoredTensorInfo Bytes(string name, long count) => new(name, StoredDtype.UInt8, [count]);
}
