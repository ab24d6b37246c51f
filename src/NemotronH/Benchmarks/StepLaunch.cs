namespace NemotronH.Benchmarks;

/// <summary>How a decode step is run.</summary>
public enum StepLaunch
{
    /// <summary>One CUDA graph is replayed.</summary>
    Graph,

    /// <summary>The same kernels are launched one after the other.</summary>
    Eager,

    /// <summary>The model's modules run, operation by operation: on the CPU, and on a GPU in float32.</summary>
    Modules,
}
