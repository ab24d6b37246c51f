using NemotronH.Checkpoints.Synthetic;
using NemotronH.Configuration;
using NemotronH.Kernels.Runtime;
using NemotronH.Quantization;
using static TorchSharp.torch;

namespace NemotronH.Benchmarks;

/// <summary>What to measure of a model.</summary>
public sealed record BenchmarkOptions
{
    /// <summary>A device or a type of TorchSharp's may be the first thing a program touches: libtorch has to be there by then.</summary>
    static BenchmarkOptions() => LibTorch.EnsureLoaded();

    /// <summary>What reports call the model.</summary>
    public required string Name { get; init; }

    /// <summary>The model's shape.</summary>
    public required NemotronHConfig Config { get; init; }

    /// <summary>Precision of random weights; <see langword="null"/> takes the weights of <see cref="Checkpoint"/>.</summary>
    public RandomPrecision? RandomWeights { get; init; }

    /// <summary>Directory of a checkpoint; read where <see cref="RandomWeights"/> is <see langword="null"/>.</summary>
    public string? Checkpoint { get; init; }

    /// <summary>Run no more than this many of the model's first layers; <see langword="null"/> runs all.</summary>
    public int? Layers { get; init; }

    /// <summary>Where the model runs; <see langword="null"/> takes a GPU where there is one.</summary>
    public Device? Device { get; init; }

    /// <summary>Compute dtype; <see langword="null"/> takes bfloat16 on a GPU and float32 on the CPU.</summary>
    public ScalarType? Dtype { get; init; }

    /// <summary>Type of cached keys and values; <see langword="null"/> takes what the layout of random weights is meant for, else the compute dtype.</summary>
    public ScalarType? KeyValueDtype { get; init; }

    /// <summary>Ways to apply NVFP4 weights, one after the other; empty takes the one that models are loaded with.</summary>
    public IReadOnlyList<Nvfp4Method> Nvfp4Methods { get; init; } = [];

    /// <summary>Sequences decoded together; empty measures no decoding.</summary>
    public IReadOnlyList<int> Batches { get; init; } = [1];

    /// <summary>Tokens that each sequence has when a step begins, the one that the step decodes among them.</summary>
    public int Context { get; init; } = 1024;

    /// <summary>Steps of a repetition.</summary>
    public int Generate { get; init; } = 32;

    /// <summary>Temperature that a GPU's steps sample their tokens with; 0 takes the most likely ones, which random weights make alike in all sequences.</summary>
    public double Temperature { get; init; } = 1;

    /// <summary>Repetitions; the median counts.</summary>
    public int Repeat { get; init; } = 5;

    /// <summary>Lengths of prompts to prefill; empty measures no prefill.</summary>
    public IReadOnlyList<int> Prompts { get; init; } = [];

    /// <summary>Most prompt tokens per pass; each number is measured.</summary>
    public IReadOnlyList<int> PrefillChunks { get; init; } = [ModelOptions.DefaultPrefillChunk];

    /// <summary>See <see cref="ModelOptions.FastPrefill"/>.</summary>
    public bool FastPrefill { get; init; }

    /// <summary>See <see cref="ModelOptions.ResidentExperts"/>.</summary>
    public bool ResidentExperts { get; init; }

    /// <summary>See <see cref="ModelOptions.PackedRowsPerExpert"/>.</summary>
    public int PackedRowsPerExpert { get; init; }

    /// <summary>How a GPU's steps are launched: recorded as a graph, one kernel after the other, or both to compare them.</summary>
    public IReadOnlyList<StepLaunch> Launches { get; init; } = [StepLaunch.Graph];

    /// <summary>Whether each kind of kernel is timed alone: on a GPU in bfloat16, refused elsewhere.</summary>
    public bool Profile { get; init; }
}
