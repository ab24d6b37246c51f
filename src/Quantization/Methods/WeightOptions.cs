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
    /// Whether prompts take all experts of a bank as one grouped product over tokens sorted by expert, the host reading no count; weights that are
    /// quantised are dequantised for it, a whole bank's at a time. Else each expert that could be active multiplies all tokens (on the CPU: those that
    /// are active, one by one, their own tokens).
    /// </summary>
    public bool GroupedExperts { get; init; }

    /// <summary>
    /// Whether a bank's prompts are grouped: <see cref="GroupedExperts"/>, and libtorch's grouped product takes them, on a GPU bfloat16 and rows that begin
    /// at multiples of 16 bytes.
    /// </summary>
    /// <param name="rows">Rows of an expert's weight.</param>
    /// <param name="columns">Its columns.</param>
    public bool Groups(long rows, long columns)
    {
        const int Alignment = 8;
        return GroupedExperts
            && (Device.type == TorchSharp.DeviceType.CPU || (ComputeDtype == ScalarType.BFloat16 && rows % Alignment == 0 && columns % Alignment == 0));
    }

    /// <summary>
    /// Whether quantised experts are held in the compute dtype too, for <see cref="GroupedExperts"/>: prompts then read them as they are, and nothing is
    /// dequantised pass by pass. Decoding goes on reading the quantised ones.
    /// </summary>
    public bool ResidentExperts { get; init; }

    /// <summary>
    /// Up to this many rows per expert, on average, grouped products on a GPU read NVFP4 experts as they lie and decode them in registers, so that a short
    /// prompt does not pay for dequantising a whole bank; 0 never.
    /// </summary>
    public int PackedRowsPerExpert { get; init; }

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
