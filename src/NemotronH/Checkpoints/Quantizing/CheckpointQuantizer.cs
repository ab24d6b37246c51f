using NemotronH.Configuration;
using NemotronH.Quantization;

namespace NemotronH.Checkpoints.Quantizing;

/// <summary>Makes a quantised checkpoint in the layout of NVIDIA's ModelOpt from one in 16 or 32 bits.</summary>
/// <remarks>
/// <para>The tensors have NVIDIA's names (<c>backbone.</c>) and every expert has its own, whatever the source calls them and however it
/// holds its experts. What is not quantised keeps its stored type, multi-token-prediction, vision and sound tensors included.</para>
/// <para>No activations are calibrated, so no <c>input_scale</c> is written. NVFP4 modules are labelled <c>W4A16_NVFP4</c>, which vLLM,
/// SGLang and TensorRT-LLM run with 16-bit activations. FP8 has no label of that kind: such modules are <c>FP8</c>, and without the scale
/// an engine quantises activations as they come (TensorRT-LLM) or cannot use the checkpoint (vLLM). Nothing is said of the KV cache.</para>
/// <para>Every matrix has the factor of its own largest magnitude. Engines that fuse q, k and v want one factor for the three: leave
/// attention unquantised for them, as NVIDIA's own checkpoints do.</para>
/// </remarks>
public static class CheckpointQuantizer
{
    private const int CopyBytes = 32 << 20;

    /// <summary>
    /// Quantises a checkpoint, on all processors and in constant memory; nothing is left if it fails or is cancelled. Config and tokenizer
    /// files are carried over; the config then says how the checkpoint is quantised, as does <c>hf_quant_config.json</c>.
    /// </summary>
    /// <param name="sourceDirectory">A model directory whose weights are bfloat16, float16 or float32.</param>
    /// <param name="outputDirectory">Path of the new checkpoint, which may not exist yet or must be empty.</param>
    /// <param name="recipe">What becomes of which module.</param>
    /// <param name="options">Shard size; the defaults if <see langword="null"/>.</param>
    /// <param name="progress">Told after each piece that was written.</param>
    /// <param name="cancellationToken">Stops the writing.</param>
    /// <returns>What was done.</returns>
    /// <exception cref="ConfigurationException">The source's config is missing or describes no such model.</exception>
    /// <exception cref="CheckpointException">
    /// The source is quantised already, or a tensor is missing, unknown or not as expected; or the output is taken or cannot be written.
    /// </exception>
    /// <exception cref="QuantizationException">The recipe does not fit the model, or a weight is NaN or infinite.</exception>
    /// <exception cref="OperationCanceledException">The writing was cancelled.</exception>
    public static QuantizationSummary Quantize(
        string sourceDirectory,
        string outputDirectory,
        QuantizationRecipe recipe,
        CheckpointQuantizerOptions? options = null,
        IProgress<WriteProgress>? progress = null,
        CancellationToken cancellationToken = default)
    {
        ArgumentException.ThrowIfNullOrEmpty(sourceDirectory);
        ArgumentNullException.ThrowIfNull(recipe);
        options ??= new CheckpointQuantizerOptions();
        using var model = SourceModel.Open(sourceDirectory);
        var plan = PrecisionPlan.Of(model.Config, recipe);
        using var writer = new ShardedCheckpointWriter(outputDirectory, Layout(model, plan), options.MaxShardBytes);
        QuantizationConfig config = plan.Describe(KvCachePrecision.Unquantized, model.OtherRoots);
        ModelFiles.CopyQuantized(sourceDirectory, writer, new QuantizationStatement(config) { HasInputScales = false });
        Write(model, plan, new ReportingWriter(writer, progress, cancellationToken), recipe);
        return new QuantizationSummary(plan.Modules, model.ByteCount, writer.TotalBytes, plan.UnmatchedRules);
    }

    private static IEnumerable<StoredTensorInfo> Layout(SourceModel model, PrecisionPlan plan) =>
        model.Tensors.SelectMany(tensor => plan.Of(tensor.Planned) is not ModulePrecision.Unquantized and var precision
                ? QuantizedTensors.Of(tensor.Planned, precision, inputScale: false)
                : [tensor.Source.Info])
            .Concat(model.OtherParts.Select(tensor => tensor.Info));

    private static void Write(SourceModel model, PrecisionPlan plan, ReportingWriter writer, QuantizationRecipe recipe)
    {
        var quantizer = new MatrixQuantizer(writer, recipe.Nvfp4Options);
        foreach ((PlannedTensor planned, SourceTensor source) in model.Tensors)
        {
            ModulePrecision precision = plan.Of(planned);
            if (precision == ModulePrecision.Unquantized)
            {
                Copy(source, writer);
            }
            else
            {
                quantizer.Write(planned, source, precision);
            }

            source.Release();
        }

        foreach (SourceTensor source in model.OtherParts)
        {
            Copy(source, writer);
            source.Release();
        }

        writer.Complete();
    }

    private static void Copy(SourceTensor source, ReportingWriter writer)
    {
        long size = source.Info.ByteCount;
        for (long start = 0; start < size; start += CopyBytes)
        {
            writer.Append(source.Info.Name, source.Bytes(start, (int)Math.Min(CopyBytes, size - start)));
        }
    }
}
