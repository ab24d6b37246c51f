using NemotronH.Configuration;

namespace NemotronH.Checkpoints;

/// <summary>Checks, before a weight is read, that a checkpoint has every tensor its model needs, in whichever form.</summary>
internal static class CheckpointCompleteness
{
    private const string Weight = ".weight";

    /// <summary>Compares a checkpoint with the plan of its config.</summary>
    /// <remarks>HF transformers saves models without attention biases under <c>attention_bias: true</c>: of these the tensors decide.</remarks>
    /// <exception cref="NemotronH.Quantization.CheckpointException">Tensors are missing; the message names the first few.</exception>
    public static void Verify(Checkpoint checkpoint, NemotronHConfig config) => checkpoint.ThrowIfMissing(
        ModelTensorPlan.Enumerate(config)
            .Where(tensor => !IsAttentionBias(tensor) && !Forms(tensor).Any(name => checkpoint.Describe(name) is not null))
            .Select(tensor => tensor.Name));

    private static bool IsAttentionBias(PlannedTensor tensor) =>
        tensor.Role == TensorRole.LinearBias && tensor.LayerKind == LayerKind.Attention;

    /// <summary>The names a planned tensor may be stored under: as planned, packed by compressed-tensors, or as a part of fused experts.</summary>
    private static IEnumerable<string> Forms(PlannedTensor tensor)
    {
        yield return tensor.Name;
        if (tensor.Name.EndsWith(Weight, StringComparison.Ordinal))
        {
            yield return $"{tensor.Name}_packed";
        }

        if (tensor.Role == TensorRole.ExpertWeight)
        {
            // ….experts.12.up_proj.weight → ….experts.up_proj
            string[] parts = tensor.Name.Split('.');
            yield return string.Join('.', [.. parts[..^3], parts[^2]]);
        }
    }
}
