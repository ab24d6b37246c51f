using NemotronH.Quantization;

namespace NemotronH.Caching;

/// <summary>Factors of one attention layer's keys and values where they are cached in 8 bits: stored is x / scale, read is stored · scale.</summary>
/// <param name="Key">Factor of the keys, positive.</param>
/// <param name="Value">Factor of the values, positive.</param>
public readonly record struct KeyValueScales(float Key, float Value)
{
    /// <summary>The scales of a layer that has none.</summary>
    public static KeyValueScales One => new(1, 1);

    /// <summary>Takes <c>k_proj.k_scale</c> and <c>v_proj.v_scale</c> from a checkpoint; 1 where it has none.</summary>
    /// <param name="loader">The model's weight loader.</param>
    /// <param name="attention">Canonical module name of the attention mixer.</param>
    /// <returns>The layer's scales.</returns>
    /// <exception cref="CheckpointException">A scale is not one positive float32.</exception>
    public static KeyValueScales Load(WeightLoader loader, string attention)
    {
        return new(Scale($"{attention}.k_proj.k_scale"), Scale($"{attention}.v_proj.v_scale"));

        float Scale(string name) => loader.LoadScale(name) switch
        {
            null => 1f,
            0f => throw new CheckpointException($"tensor '{name}' is 0; expected a positive scale"),
            float scale => scale,
        };
    }
}
