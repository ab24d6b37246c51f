namespace NemotronH.Generation.Recorded;

/// <summary>How decode steps are recorded.</summary>
public sealed record RecordedDecoderOptions
{
    /// <summary>Rows of the largest batch, up to 128.</summary>
    public int MaxBatch { get; init; } = 1;

    /// <summary>Whether a step is replayed as one CUDA graph; else its kernels are launched one after the other.</summary>
    public bool UseGraph { get; init; } = true;
}
