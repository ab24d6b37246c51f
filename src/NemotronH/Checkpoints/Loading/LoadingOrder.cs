using NemotronH.Configuration;

namespace NemotronH.Checkpoints.Loading;

/// <summary>The order in which a model asks for its tensors, so that they can be read ahead of it.</summary>
internal static class LoadingOrder
{
    /// <summary>Smaller tensors are not worth a buffer of their own.</summary>
    public const int LeastBytes = 64 << 10;

    private static readonly string[] Endings = [".weight", ".weight_packed", ".weight_scale"];
    private static readonly string[] StackEndings = ["", "_weight_packed", "_weight_scale"];

    /// <summary>Lists the names of a checkpoint's larger tensors.</summary>
    /// <param name="config">The model's shape.</param>
    /// <param name="checkpoint">The checkpoint.</param>
    public static IEnumerable<string> Of(NemotronHConfig config, Checkpoint checkpoint) => ModelTensorPlan.Enumerate(config)
        .Select((tensor, i) => (Tensor: tensor, Index: i))
        .GroupBy(planned => planned.Tensor.LayerIndex ?? (planned.Index == 0 ? -1 : int.MaxValue))
        .SelectMany(layer => layer.OrderBy(planned => Rank(planned.Tensor)).ThenBy(planned => planned.Index))
        .SelectMany(planned => StoredNames(planned.Tensor, checkpoint))
        .Distinct()
        .Where(name => checkpoint.Describe(name) is { ByteCount: >= LeastBytes });

    /// <summary>A mixture of experts asks for all up projections before all down projections, then for what is around them.</summary>
    private static int Rank(PlannedTensor tensor)
    {
        if (tensor.LayerKind != LayerKind.MixtureOfExperts)
        {
            return 0;
        }

        string name = tensor.Name;
        return tensor.Role == TensorRole.ExpertWeight ? (IsUp(name) ? 1 : 2)
            : name.Contains(".shared_experts.", StringComparison.Ordinal) ? 3
            : name.Contains("_latent_proj.", StringComparison.Ordinal) ? 4
            : 0;
    }

    private static bool IsUp(string name) => name.EndsWith(".up_proj.weight", StringComparison.Ordinal);

    private static IEnumerable<string> StoredNames(PlannedTensor tensor, Checkpoint checkpoint)
    {
        if (!tensor.IsQuantizable())
        {
            return [tensor.Name];
        }

        string module = QuantizedTensors.ModuleOf(tensor);
        string[] own = [.. Endings.Select(ending => module + ending).Where(name => checkpoint.Describe(name) is not null)];
        return own.Length > 0 || tensor.Role != TensorRole.ExpertWeight ? own : StackEndings.Select(ending => StackOf(module) + ending);
    }

    /// <summary>The parameter that holds all experts: the module's name without the expert's number.</summary>
    private static string StackOf(string module)
    {
        string[] parts = module.Split('.');
        return string.Join('.', [.. parts[..^2], parts[^1]]);
    }
}
