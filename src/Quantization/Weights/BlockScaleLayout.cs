namespace NemotronH.Quantization;

/// <summary>In which order the block scales of an NVFP4 weight lie.</summary>
internal enum BlockScaleLayout
{
    /// <summary>Row by row: [N, K/16].</summary>
    Linear,

    /// <summary>The 128x4 tiles that Blackwell's tensor cores read: rows padded to 128, columns to 4.</summary>
    Swizzled,
}
