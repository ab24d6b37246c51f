using static TorchSharp.torch;

namespace NemotronH.Quantization;

/// <summary>Where weights go and how they are computed with; each model has an object of its own.</summary>
public sealed record WeightOptions
{
    /// <summary>Device that holds the weights.</summary>
    public Device Device { get; init; } = CPU;

    /// <summary>Type of activations, and of weights that are stored in 16 or 32 bits: float32 or bfloat16.</summary>
    public ScalarType ComputeDtype { get; init; } = ScalarType.Float32;

    /// <summary>How NVFP4 weights are applied.</summary>
    public Nvfp4Method Nvfp4Method { get; init; }

    /// <summary>How FP8 linear layers are applied.</summary>
    public Fp8Method Fp8Method { get; init; }

    /// <summary>
    /// Bytes of the buffer that weights are dequantised into, for weights that can be dequantised in pieces; <see langword="null"/> takes what is
    /// fast on the device: pieces that stay in a CPU's cache, or all active experts of a GPU's decode step.
    /// </summary>
    public long? DequantizationBytes { get; init; }

    /// <summary>
    /// Whether float32 weights are also kept in an order that suits the few rows of a CPU's decode step, which takes their memory a second time: for
    /// small models.
    /// </summary>
    public bool PackForFewRows { get; init; }
}
