using NemotronH.Configuration;

namespace NemotronH.Checkpoints;

/// <summary>
/// Every tensor of a model as NVIDIA names and shapes it, from the config alone. Multi-token-prediction blocks are not part of it.
/// </summary>
public static class ModelTensorPlan
{
    /// <summary>Lists the tensors in the order of the forward pass; routed experts each have their own.</summary>
    /// <param name="config">The model's shape.</param>
    /// <returns>The tensors of embeddings, blocks, final norm and, unless tied, head.</returns>
    /// <exception cref="ArgumentException">A block is of a kind whose sizes the config lacks.</exception>
    public static IEnumerable<PlannedTensor> Enumerate(NemotronHConfig config)
    {
        ArgumentNullException.ThrowIfNull(config);
        yield return Root("backbone.embeddings.weight", TensorRole.Embedding, config.VocabSize, config.HiddenSize);
        int mlps = 0;
        for (int i = 0; i < config.Layers.Length; i++)
        {
            var layer = new LayerPlan(i, config.Layers[i], config.HiddenSize);
            foreach (PlannedTensor tensor in Layer(config, layer, config.Layers[i] == LayerKind.Mlp ? mlps++ : mlps))
            {
                yield return tensor;
            }
        }

        yield return Root("backbone.norm_f.weight", TensorRole.NormWeight, config.HiddenSize);
        if (!config.TieWordEmbeddings)
        {
            yield return Root("lm_head.weight", TensorRole.Head, config.VocabSize, config.HiddenSize);
        }
    }

    private static IEnumerable<PlannedTensor> Layer(NemotronHConfig config, LayerPlan layer, int mlpOrdinal) =>
        layer.Norm("norm", config.HiddenSize).Concat(layer.Kind switch
        {
            LayerKind.Mamba => layer.Mamba(Sizes(config.Mamba, layer)),
            LayerKind.Attention => layer.Attention(Sizes(config.Attention, layer)),
            LayerKind.Mlp => layer.Mlp(Sizes(config.Mlp, layer), mlpOrdinal),
            LayerKind.MixtureOfExperts => layer.MixtureOfExperts(Sizes(config.Moe, layer)),
            _ => throw new ArgumentException($"Block {layer.Index} is of an unknown kind, {layer.Kind}.", nameof(config)),
        });

    private static T Sizes<T>(T? sizes, LayerPlan layer)
        where T : class =>
        sizes ?? throw new ArgumentException($"Block {layer.Index} is {layer.Kind}, but the config has no {typeof(T).Name}.");

    private static PlannedTensor Root(string name, TensorRole role, params long[] shape) => new(name, role, null, null, shape);
}
