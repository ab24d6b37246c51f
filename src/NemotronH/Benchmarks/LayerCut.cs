using NemotronH.Configuration;

namespace NemotronH.Benchmarks;

/// <summary>A model without its last layers, for one that is larger than the memory at hand.</summary>
internal static class LayerCut
{
    /// <summary>Keeps the first layers.</summary>
    /// <param name="config">The whole model.</param>
    /// <param name="count">How many, at least 1.</param>
    /// <exception cref="NemotronHException">There are not so many.</exception>
    public static NemotronHConfig First(NemotronHConfig config, int count)
    {
        if (count < 1 || count > config.Layers.Length)
        {
            throw new NemotronHException($"there are no {count} layers to run; the model has {config.Layers.Length}, expected 1 to {config.Layers.Length}");
        }

        var layers = config.Layers[..count];
        int mlps = layers.Count(kind => kind == LayerKind.Mlp);
        return config with
        {
            Layers = layers,
            Mamba = layers.Contains(LayerKind.Mamba) ? config.Mamba : null,
            Attention = layers.Contains(LayerKind.Attention) ? config.Attention : null,
            Moe = layers.Contains(LayerKind.MixtureOfExperts) ? config.Moe : null,
            Mlp = mlps > 0 ? config.Mlp! with { IntermediateSizes = config.Mlp!.IntermediateSizes[..mlps] } : null,
        };
    }
}
