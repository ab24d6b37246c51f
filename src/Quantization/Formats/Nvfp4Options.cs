namespace NemotronH.Quantization.Formats;

/// <summary>Choices in quantising to NVFP4; the result's layout is the same for all.</summary>
public sealed record Nvfp4Options
{
    /// <summary>The plain rule: every block's largest magnitude becomes 6.</summary>
    public static Nvfp4Options Default { get; } = new();

    /// <summary>
    /// Four-over-six (arXiv:2512.02010): the largest magnitude of a block becomes 4 instead of 6 where that has the smaller squared error.
    /// Scales then reach 1.5 times as far, so <c>weight_scale_2</c> is amax/(6·256) instead of amax/(6·448).
    /// </summary>
    public bool FourOverSix { get; init; }

    /// <summary>How block scales are found.</summary>
    public ScaleSearch ScaleSearch { get; init; }

    /// <summary>The block scale that the tensor's largest magnitude gets.</summary>
    internal float LargestScale => FourOverSix ? 256f : E4M3.MaxValue;
}
