using NemotronH.Configuration;
using NemotronH.Quantization;

namespace NemotronH.Checkpoints.Synthetic;

/// <summary>Writes checkpoints with random weights that look like NVIDIA's, to try and measure models without downloading them.</summary>
public static class RandomCheckpoint
{
    private const int PieceBytes = 1 << 20;

    private const int BufferPieces = 32;

    /// <summary>
    /// Writes a bfloat16 checkpoint, on all processors and in constant memory; nothing is left if it fails or is cancelled.
    /// </summary>
    /// <param name="config">The model's shape.</param>
    /// <param name="configDirectory">
    /// Directory of its <c>config.json</c>, which is copied along with the tokenizer's files; any quantization_config is left out.
    /// </param>
    /// <param name="outputDirectory">Path of the checkpoint, which may not exist yet or must be empty.</param>
    /// <param name="options">Seed and shard size; the defaults if <see langword="null"/>.</param>
    /// <param name="progress">Told after each piece that was written.</param>
    /// <param name="cancellationToken">Stops the writing.</param>
    /// <exception cref="CheckpointException">There is no config.json, or the output is taken or cannot be written.</exception>
    /// <exception cref="ConfigurationException">The config.json is no JSON.</exception>
    /// <exception cref="OperationCanceledException">The writing was cancelled.</exception>
    public static void Write(
        NemotronHConfig config,
        string configDirectory,
        string outputDirectory,
        RandomCheckpointOptions? options = null,
        IProgress<WriteProgress>? progress = null,
        CancellationToken cancellationToken = default)
    {
        options ??= new RandomCheckpointOptions();
        PlannedTensor[] plan = [.. ModelTensorPlan.Enumerate(config)];
        using var writer = new ShardedCheckpointWriter(outputDirectory, plan.Select(tensor => tensor.Unquantized), options.MaxShardBytes);
        ModelFiles.CopyUnquantized(configDirectory, writer);

        var weights = new RandomWeights(config, options.Seed);
        byte[] buffer = new byte[PieceBytes * BufferPieces];
        long written = 0;
        foreach (PlannedTensor tensor in plan)
        {
            long size = tensor.Unquantized.ByteCount;
            for (long start = 0; start < size; start += buffer.Length)
            {
                int length = (int)Math.Min(buffer.Length, size - start);
                Fill(weights, tensor, start, buffer.AsMemory(0, length), cancellationToken);
                writer.Append(tensor.Name, buffer.AsSpan(0, length));
                written += length;
                progress?.Report(new WriteProgress(written, writer.TotalBytes));
            }
        }

        cancellationToken.ThrowIfCancellationRequested();
        writer.Complete();
    }

    private static void Fill(
        RandomWeights weights, PlannedTensor tensor, long start, Memory<byte> bytes, CancellationToken cancellationToken)
    {
        int pieces = (bytes.Length + PieceBytes - 1) / PieceBytes;
        var options = new ParallelOptions { CancellationToken = cancellationToken };
        Parallel.For(0, pieces, options, piece =>
        {
            int offset = piece * PieceBytes;
            int length = Math.Min(PieceBytes, bytes.Length - offset);
            weights.Fill(tensor, (start + offset) / tensor.Dtype.SizeInBytes(), bytes.Span.Slice(offset, length));
        });
    }
}
