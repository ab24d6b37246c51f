using NemotronH.Quantization;

namespace NemotronH.Benchmarks;

/// <summary>What was measured, and of what.</summary>
public sealed record BenchmarkReport
{
    /// <summary>When it was begun.</summary>
    public DateTimeOffset Started { get; init; } = DateTimeOffset.UtcNow;

    /// <summary>The model.</summary>
    public required string Model { get; init; }

    /// <summary>Which module has which precision, in one phrase; <see langword="null"/> for a checkpoint's own.</summary>
    public string? Layout { get; init; }

    /// <summary>Layers that were run.</summary>
    public required int Layers { get; init; }

    /// <summary>Parameters of those layers, embeddings and head.</summary>
    public required long Parameters { get; init; }

    /// <summary>The device's name.</summary>
    public required string Device { get; init; }

    /// <summary>Compute dtype.</summary>
    public required string Dtype { get; init; }

    /// <summary>Type of cached keys and values.</summary>
    public required string KeyValueDtype { get; init; }

    /// <summary>What the model takes, before it is loaded.</summary>
    public required MemoryPlan Memory { get; init; }

    /// <summary>Bytes that a large copy reads and writes in a second, measured in the same run.</summary>
    public required double StreamBytesPerSecond { get; init; }

    /// <summary>
    /// Floating-point operations of a large product of matrices in the compute dtype in a second, measured in the same run; <see langword="null"/> where
    /// no prefill was measured.
    /// </summary>
    public double? MatmulOperationsPerSecond { get; init; }

    /// <summary>Whether prompts took <see cref="ModelOptions.FastPrefill"/>.</summary>
    public bool FastPrefill { get; init; }

    /// <summary>Whether they took <see cref="ModelOptions.ResidentExperts"/>.</summary>
    public bool ResidentExperts { get; init; }

    /// <summary>Up to how many rows per expert NVFP4 experts were read as they lie, see <see cref="ModelOptions.PackedRowsPerExpert"/>.</summary>
    public int PackedRowsPerExpert { get; init; }

    /// <summary>Why the modules decode on a GPU where kernels of our own could, were the model of another shape; else <see langword="null"/>.</summary>
    public string? DecodeNote { get; init; }

    /// <summary>How expert weights are counted.</summary>
    public string Assumption { get; init; } =
        "bytes: each weight read once; distinct experts of independent uniform routing; states read and written; no reuse by the L2 cache";

    /// <summary>Seconds from an empty device to a loaded model, for each method.</summary>
    public IReadOnlyDictionary<Nvfp4Method, double> LoadSeconds { get; init; } = new Dictionary<Nvfp4Method, double>();

    /// <summary>Decode steps.</summary>
    public IReadOnlyList<DecodeResult> Decode { get; init; } = [];

    /// <summary>Prompts.</summary>
    public IReadOnlyList<PrefillResult> Prefill { get; init; } = [];

    /// <summary>Kernels alone.</summary>
    public IReadOnlyList<StepProfile> Profiles { get; init; } = [];
}
