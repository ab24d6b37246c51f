using NemotronH.Checkpoints;
using NemotronH.Checkpoints.Synthetic;
using NemotronH.Configuration;
using NemotronH.Quantization;

namespace NemotronH.Benchmarks;

/// <summary>What a model's weights take in memory, matrix by matrix, before any is loaded.</summary>
internal sealed class WeightInventory
{
    private const int RouterBytes = sizeof(float);

    private WeightInventory(IReadOnlyList<HeldWeight> weights) => Weights = weights;

    /// <summary>Every tensor of the model.</summary>
    public IReadOnlyList<HeldWeight> Weights { get; }

    /// <summary>Bytes of all weights.</summary>
    public long Bytes => Weights.Sum(weight => weight.Bytes);

    /// <summary>The inventory of random weights.</summary>
    /// <param name="tensors">All tensors, each expert by itself.</param>
    /// <param name="elementBytes">Bytes of a number of the compute dtype.</param>
    public static WeightInventory Of(IEnumerable<RandomTensor> tensors, int elementBytes) => new(
    [
        .. tensors.GroupBy(tensor => tensor.Planned.Name)
            .Select(group => Held(group.First().Planned, group.Select(tensor => tensor.Stored), elementBytes)),
    ]);

    /// <summary>The inventory of a checkpoint.</summary>
    /// <param name="config">The model's shape.</param>
    /// <param name="source">The checkpoint.</param>
    /// <param name="elementBytes">Bytes of a number of the compute dtype.</param>
    public static WeightInventory Of(NemotronHConfig config, ITensorSource source, int elementBytes) =>
        new([.. ModelTensorPlan.Enumerate(config).Select(planned => Held(planned, StoredAs(planned, source), elementBytes))]);

    private static HeldWeight Held(PlannedTensor planned, IEnumerable<StoredTensorInfo> stored, int elementBytes)
    {
        StoredTensorInfo[] tensors = [.. stored];
        bool quantized = tensors.Any(tensor => tensor.Dtype is StoredDtype.UInt8 or StoredDtype.Float8E4M3);
        long bytes = quantized ? tensors.Where(tensor => !tensor.Name.EndsWith(QuantizedTensors.InputScale, StringComparison.Ordinal)).Sum(tensor => tensor.ByteCount)
            : planned.Role is TensorRole.RouterWeight or TensorRole.RouterBias ? planned.ElementCount * RouterBytes
            : planned.ElementCount * elementBytes;
        return new HeldWeight(planned, bytes, quantized);
    }

    private static IEnumerable<StoredTensorInfo> StoredAs(PlannedTensor planned, ITensorSource source)
    {
        if (!planned.IsQuantizable())
        {
            return [planned.Unquantized];
        }

        string module = QuantizedTensors.ModuleOf(planned);
        string[] endings = ["weight", "weight_packed", "weight_scale", "weight_scale_2", "weight_global_scale"];
        StoredTensorInfo[] own = [.. endings.Select(ending => source.Describe($"{module}.{ending}")).OfType<StoredTensorInfo>()];
        return own.Length > 0 || planned.Role != TensorRole.ExpertWeight ? own : ShareOfStack(module, source);
    }

    /// <summary>An expert's part of a parameter that holds all experts of its block.</summary>
    private static IEnumerable<StoredTensorInfo> ShareOfStack(string module, ITensorSource source)
    {
        string[] parts = module.Split('.');
        string stack = string.Join('.', [.. parts[..^2], parts[^1]]);
        return new[] { stack, $"{stack}_weight_scale", $"{stack}_weight_scale_2" }.Select(source.Describe).OfType<StoredTensorInfo>()
            .Select(tensor => tensor with { Shape = [.. tensor.Shape.Skip(1)] });
    }
}

/// <summary>A weight in memory.</summary>
/// <param name="Planned">What it is.</param>
/// <param name="Bytes">What it takes, scales included.</param>
/// <param name="IsQuantized">Whether it is held in 8 or 4 bits.</param>
internal sealed record HeldWeight(PlannedTensor Planned, long Bytes, bool IsQuantized);
