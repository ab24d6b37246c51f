namespace NemotronH.Configuration;

/// <summary>Sizes and constants of the Mamba-2 mixers (Dao and Gu, "Transformers are SSMs", 2024).</summary>
public sealed record MambaConfig
{
    /// <summary>Number of SSM heads.</summary>
    public required int NumHeads { get; init; }

    /// <summary>Channels per head.</summary>
    public required int HeadDim { get; init; }

    /// <summary>State size N of each channel.</summary>
    public required int StateSize { get; init; }

    /// <summary>Groups that share B and C; also the groups of the gated norm. Divides <see cref="NumHeads"/>.</summary>
    public required int NumGroups { get; init; }

    /// <summary>Width of the causal depthwise convolution.</summary>
    public required int ConvKernel { get; init; }

    /// <summary>Tokens per chunk of the chunked scan; any value gives the same result up to rounding.</summary>
    public required int ChunkSize { get; init; }

    /// <summary>Whether the convolution has a bias.</summary>
    public required bool UseConvBias { get; init; }

    /// <summary>Whether <c>in_proj</c> and <c>out_proj</c> have biases (<c>use_bias</c>).</summary>
    public bool UseBias { get; init; }

    /// <summary>Bounds of dt after softplus; (0, +inf) means none.</summary>
    public (double Min, double Max) TimeStepLimit { get; init; } = (0, double.PositiveInfinity);

    /// <summary>Smallest dt that the model was initialised with; read only by the HF-compatible clamp.</summary>
    public double TimeStepMin { get; init; } = 0.001;

    /// <summary>Inner width: heads times head_dim.</summary>
    public int InnerSize => NumHeads * HeadDim;

    /// <summary>Channels that pass the convolution: x, B and C.</summary>
    public int ConvDim => InnerSize + (2 * NumGroups * StateSize);

    /// <summary>Rows of <c>in_proj</c>: z, x, B, C and dt.</summary>
    public int InProjectionSize => InnerSize + ConvDim + NumHeads;
}
