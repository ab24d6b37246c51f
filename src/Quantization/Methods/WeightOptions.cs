using static TorchSharp.torch;

namespace NemotronH.Quantization;

/// <summary>Where weights go and how they are computed with; each model has an object of its own.</summary>
public sealed record WeightOptions
{
    /// <summary>Device that holds the weights.</summary>
    public Device Device { get; init; } = CPU;

    /// <summary>Type of activations, and of weights that are stored in 16 or 32 bits: float32 or bfloat16.</summary>
    public ScalarType ComputeDtype { get; init; } = ScalarType.Float32;
}
