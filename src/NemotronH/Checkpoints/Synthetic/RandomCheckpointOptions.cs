namespace NemotronH.Checkpoints.Synthetic;

/// <summary>How a random checkpoint is made.</summary>
public sealed record RandomCheckpointOptions
{
    /// <summary>The same seed gives the same bytes.</summary>
    public ulong Seed { get; init; }

    /// <summary>Precision of the weights; quantised ones have input scales, as in NVIDIA's checkpoints.</summary>
    public RandomPrecision Precision { get; init; }

    /// <summary>Most bytes of tensors in a shard.</summary>
    public long MaxShardBytes { get; init; } = ShardedCheckpointWriter.DefaultMaxShardBytes;
}
