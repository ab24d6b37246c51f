namespace NemotronH.Checkpoints.Quantizing;

/// <summary>How a quantised checkpoint is written.</summary>
public sealed record CheckpointQuantizerOptions
{
    /// <summary>Most bytes of tensors in a shard.</summary>
    public long MaxShardBytes { get; init; } = ShardedCheckpointWriter.DefaultMaxShardBytes;
}
