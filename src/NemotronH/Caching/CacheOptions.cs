using static TorchSharp.torch;

namespace NemotronH.Caching;

/// <summary>How large a model's caches are, where they live and in which types.</summary>
public sealed record CacheOptions
{
    private readonly int? _pages;

    /// <summary>Sequences that can be held at once: the number of slots.</summary>
    public required int MaxSequences { get; init; }

    /// <summary>Longest sequence, in tokens.</summary>
    public required int MaxContext { get; init; }

    /// <summary>Tokens per page of the attention cache.</summary>
    public int PageSize { get; init; } = 64;

    /// <summary>Pages of the attention cache; as many as all sequences of the longest length need, unless set. At least those of one.</summary>
    public int Pages { get => _pages ?? checked(MaxSequences * PagesPerSequence); init => _pages = value; }

    /// <summary>Whether the number of pages was set.</summary>
    internal bool HasPages => _pages is not null;

    /// <summary>Device of the caches.</summary>
    public Device Device { get; init; } = CPU;

    /// <summary>Type of the activations that meet what is cached: the compute dtype.</summary>
    public ScalarType ComputeDtype { get; init; } = ScalarType.Float32;

    /// <summary>Type of the convolution states: a float type.</summary>
    public ScalarType ConvDtype { get; init; } = ScalarType.Float32;

    /// <summary>Type of keys and values: a float type, or <see cref="Kernels.Interop.AtenInterop.Float8E4M3"/>.</summary>
    public ScalarType KeyValueDtype { get; init; } = ScalarType.Float32;

    /// <summary>Whether prompts on a GPU attend all together by libtorch's flash attention, in bfloat16 and where it has kernels for the heads.</summary>
    public bool PackedAttention { get; init; }

    /// <summary>
    /// The type of a model's convolution states: float32 on a GPU, as they are small beside the SSM states and their rounding would be seen
    /// by the next tokens.
    /// </summary>
    /// <param name="device">Device of the caches.</param>
    /// <param name="computeDtype">The compute dtype.</param>
    internal static ScalarType ConvDtypeFor(Device device, ScalarType computeDtype) =>
        device.type == TorchSharp.DeviceType.CUDA ? ScalarType.Float32 : computeDtype;

    /// <summary>Pages of one sequence of the longest length.</summary>
    public int PagesPerSequence => PagesFor(MaxContext);

    /// <summary>Pages that some tokens of a sequence take.</summary>
    /// <param name="tokens">Number of tokens.</param>
    /// <returns>Number of pages.</returns>
    public int PagesFor(int tokens) => (int)(((long)tokens + PageSize - 1) / PageSize);
}
