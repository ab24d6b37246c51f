using NemotronH.Quantization;

namespace NemotronH.Generation.Recorded;

/// <summary>How decode steps are recorded.</summary>
public sealed record RecordedDecoderOptions
{
    /// <summary>Rows of the largest batch, up to 128.</summary>
    public int MaxBatch { get; init; } = 1;

    /// <summary>Whether quantised weights are dequantised into a buffer, or decoded by the kernels that multiply by them; NVFP4 and FP8 alike.</summary>
    public Nvfp4Method Nvfp4Method { get; init; }

    /// <summary>Whether a step is replayed as one CUDA graph; else its kernels are launched one after the other.</summary>
    public bool UseGraph { get; init; } = true;
}
