using NemotronH.Checkpoints.Safetensors;
using NemotronH.Quantization;
using static TorchSharp.torch;

namespace NemotronH.Checkpoints;

/// <summary>
/// Writes a checkpoint directory one tensor at a time: <c>model.safetensors</c>, or shards with an index where the tensors together are
/// larger than one shard may be. The directory appears when it is complete; until then, and for good if the writer is disposed before,
/// nothing of it is there.
/// </summary>
/// <remarks>
/// The tensors' data may come in any order; a shard's file is open from its first byte to its last. Wrong use throws as in <see
/// cref="SafetensorsWriter"/>.
/// </remarks>
public sealed class ShardedCheckpointWriter : IDisposable
{
    /// <summary>Usual size of a shard: 5 GB.</summary>
    public const long DefaultMaxShardBytes = 5_000_000_000;

    private readonly AtomicDirectory _directory;
    private readonly List<Shard> _shards;
    private readonly Dictionary<string, Shard> _shardOf = [];

    /// <summary>Begins a checkpoint.</summary>
    /// <param name="directory">Path of the directory, which may not exist yet or must be empty.</param>
    /// <param name="tensors">Every tensor of the checkpoint under its name on disk; the shards are filled in this order.</param>
    /// <param name="maxShardBytes">Most bytes of tensors in a shard; a tensor that is larger has a shard of its own.</param>
    /// <exception cref="ArgumentException">A name is given twice.</exception>
    /// <exception cref="CheckpointException">The directory exists and is not empty, or cannot be written, or the disk is too small.</exception>
    public ShardedCheckpointWriter(string directory, IEnumerable<StoredTensorInfo> tensors, long maxShardBytes = DefaultMaxShardBytes)
    {
        ArgumentException.ThrowIfNullOrEmpty(directory);
        ArgumentOutOfRangeException.ThrowIfNegativeOrZero(maxShardBytes);
        _shards = Shard.Split(tensors, maxShardBytes);
        foreach (Shard shard in _shards)
        {
            foreach (StoredTensorInfo tensor in shard.Tensors)
            {
                if (!_shardOf.TryAdd(tensor.Name, shard))
                {
                    throw new ArgumentException($"Tensor {Message.Quote(tensor.Name)} is listed twice.", nameof(tensors));
                }
            }
        }

        TotalBytes = _shards.Sum(shard => shard.Bytes);
        _directory = new AtomicDirectory(directory, TotalBytes);
    }

    /// <summary>Bytes of all tensors together.</summary>
    public long TotalBytes { get; }

    /// <inheritdoc cref="SafetensorsWriter.Write(string, Tensor)"/>
    public void Write(string name, Tensor tensor)
    {
        Shard shard = Find(name);
        shard.Open(_directory.TemporaryPath).Write(name, tensor);
        shard.CompleteIfFull();
    }

    /// <inheritdoc cref="SafetensorsWriter.Write(StoredTensorInfo, ReadOnlySpan{byte})"/>
    public void Write(StoredTensorInfo tensor, ReadOnlySpan<byte> bytes)
    {
        Shard shard = Find(tensor.Name);
        shard.Open(_directory.TemporaryPath).Write(tensor, bytes);
        shard.CompleteIfFull();
    }

    /// <inheritdoc cref="SafetensorsWriter.Append"/>
    public void Append(string name, ReadOnlySpan<byte> bytes)
    {
        Shard shard = Find(name);
        shard.Open(_directory.TemporaryPath).Append(name, bytes);
        shard.CompleteIfFull();
    }

    /// <summary>Adds a file that is no tensor: a config, a tokenizer.</summary>
    /// <param name="fileName">Its plain name in the checkpoint directory.</param>
    /// <param name="content">Its content.</param>
    /// <exception cref="CheckpointException">It cannot be written.</exception>
    public void AddFile(string fileName, ReadOnlySpan<byte> content) =>
        AtomicFile.WriteAllBytes(Path.Join(_directory.TemporaryPath, fileName), content);

    /// <summary>Writes the index, puts everything on the disk and gives the directory its name.</summary>
    /// <exception cref="InvalidOperationException">A tensor was not written, or not to its end.</exception>
    /// <exception cref="CheckpointException">The directory cannot be written.</exception>
    public void Complete()
    {
        foreach (Shard shard in _shards)
        {
            shard.Complete(_directory.TemporaryPath);
        }

        if (_shards.Count > 1)
        {
            var shards = _shardOf.Select(pair => KeyValuePair.Create(pair.Key, pair.Value.FileName));
            ShardIndex.Write(Path.Join(_directory.TemporaryPath, ShardIndex.FileName), shards, TotalBytes);
        }

        _directory.Commit();
    }

    /// <summary>Abandons the checkpoint, unless it is complete: nothing is left of it.</summary>
    public void Dispose()
    {
        foreach (Shard shard in _shards)
        {
            shard.Dispose();
        }

        _directory.Dispose();
    }

    private Shard Find(string name) =>
        _shardOf.GetValueOrDefault(name) ?? throw new ArgumentException($"No tensor {Message.Quote(name)} was announced.", nameof(name));
}
