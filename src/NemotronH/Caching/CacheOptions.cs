using static TorchSharp.torch;

namespace NemotronH.Caching;

/// <summary>How large a model's caches are, where they live and in which types.</summary>
public sealed record CacheOptions
{
    /// <summary>Sequences that can be held at once: the number of slots.</summary>
    public required int MaxSequences { get; init; }

    /// <summary>Longest sequence, in tokens.</summary>
    public required int MaxContext { get; init; }

    /// <summary>Tokens per page of the attention cache.</summary>
    public int PageSize { get; init; } = 64;

    /// <summary>Device of the caches.</summary>
    public Device Device { get; init; } = CPU;

    /// <summary>Type of the convolution states: the compute dtype.</summary>
    public ScalarType ConvDtype { get; init; } = ScalarType.Float32;

    /// <summary>Type of keys and values: a float type, or <see cref="Kernels.Interop.AtenInterop.Float8E4M3"/>.</summary>
    public ScalarType KeyValueDtype { get; init; } = ScalarType.Float32;

    /// <summary>Pages of one sequence of the longest length.</summary>
    public int PagesPerSequence => (MaxContext + PageSize - 1) / PageSize;
}
