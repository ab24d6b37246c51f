using NemotronH.Checkpoints.Quantizing;
using NemotronH.Configuration;
using NemotronH.Quantization;

namespace NemotronH.Checkpoints.Synthetic;

/// <summary>Writes checkpoints with random weights that look like NVIDIA's, to try and measure models without downloading them.</summary>
public static class RandomCheckpoint
{
    private const int PieceBytes = 1 << 20;

    private const int BufferPieces = 32;

    /// <summary>
    /// Writes a checkpoint, on all processors and in constant memory; nothing is left if it fails or is cancelled.
    /// </summary>
    /// <param name="config">The model's shape.</param>
    /// <param name="configDirectory">
    /// Directory of its <c>config.json</c>, which is copied along with the tokenizer's files; a quantization_config there is replaced.
    /// </param>
    /// <param name="outputDirectory">Path of the checkpoint, which may not exist yet or must be empty.</param>
    /// <param name="options">Seed, precision and shard size; the defaults if <see langword="null"/>.</param>
    /// <param name="progress">Told after each piece that was written.</param>
    /// <param name="cancellationToken">Stops the writing.</param>
    /// <returns>What was written.</returns>
    /// <exception cref="CheckpointException">There is no config.json, or the output is taken or cannot be written.</exception>
    /// <exception cref="ConfigurationException">The config.json is no JSON.</exception>
    /// <exception cref="QuantizationException">A module of the model cannot have the precision.</exception>
    /// <exception cref="OperationCanceledException">The writing was cancelled.</exception>
    public static RandomCheckpointSummary Write(
        NemotronHConfig config,
        string configDirectory,
        string outputDirectory,
        RandomCheckpointOptions? options = null,
        IProgress<WriteProgress>? progress = null,
        CancellationToken cancellationToken = default)
    {
        options ??= new RandomCheckpointOptions();
        var layout = RandomLayout.Of(config, options.Precision);
        PrecisionPlan? plan = layout.Plan(config);
        RandomTensor[] tensors = [.. layout.Enumerate(config, plan)];
        using var writer = new ShardedCheckpointWriter(outputDirectory, tensors.Select(tensor => tensor.Stored), options.MaxShardBytes);
        if (plan is null)
        {
            ModelFiles.CopyUnquantized(configDirectory, writer);
        }
        else
        {
            var statement = new QuantizationStatement(plan.Describe(layout.KvCache, [])) { IsInConfig = layout.IsInConfig };
            ModelFiles.CopyQuantized(configDirectory, writer, statement);
        }

        Write(tensors, new RandomWeights(config, options.Seed), new ReportingWriter(writer, progress, cancellationToken));
        return new RandomCheckpointSummary(ModelFootprint.Of(config).Parameters, writer.TotalBytes, layout.Description);
    }

    private static void Write(RandomTensor[] tensors, RandomWeights weights, ReportingWriter writer)
    {
        byte[] buffer = new byte[PieceBytes * BufferPieces];
        foreach (RandomTensor tensor in tensors)
        {
            long size = tensor.Stored.ByteCount;
            for (long start = 0; start < size; start += buffer.Length)
            {
                int length = (int)Math.Min(buffer.Length, size - start);
                Fill(weights, tensor, start, buffer.AsMemory(0, length), writer.CancellationToken);
                writer.Append(tensor.Stored.Name, buffer.AsSpan(0, length));
            }
        }

        writer.Complete();
    }

    private static void Fill(
        RandomWeights weights, RandomTensor tensor, long start, Memory<byte> bytes, CancellationToken cancellationToken)
    {
        int pieces = (bytes.Length + PieceBytes - 1) / PieceBytes;
        var options = new ParallelOptions { CancellationToken = cancellationToken };
        Parallel.For(0, pieces, options, piece =>
        {
            int offset = piece * PieceBytes;
            int length = Math.Min(PieceBytes, bytes.Length - offset);
            weights.Fill(tensor, (start + offset) / tensor.Stored.Dtype.SizeInBytes(), bytes.Span.Slice(offset, length));
        });
    }
}
