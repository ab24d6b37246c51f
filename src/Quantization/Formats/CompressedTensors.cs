namespace NemotronH.Quantization.Formats;

/// <summary>
/// NVFP4 as compressed-tensors stores it (<c>nvfp4-pack-quantized</c>): codes and block scales are ModelOpt's, under other names, but the
/// global scales are inverse, <c>weight_global_scale = 448·6/amax</c>, and divide.
/// </summary>
internal static class CompressedTensors
{
    /// <summary>Turns an inverse global scale into ModelOpt's factor (<c>weight_scale_2</c>, <c>input_scale</c>).</summary>
    /// <param name="globalScale">What the checkpoint holds.</param>
    /// <param name="name">The tensor's name, for the message.</param>
    /// <returns>1/<paramref name="globalScale"/> in float32; 0 for +∞, which stands for a tensor of zeros.</returns>
    /// <exception cref="QuantizationException">The scale is not positive, or so small that its inverse is not a number of single precision.</exception>
    public static float InvertGlobalScale(float globalScale, string name) => globalScale > 0f && float.IsFinite(1f / globalScale)
        ? 1f / globalScale
        : throw new QuantizationException($"{name} is {globalScale}; expected a positive inverse scale.");
}
