using static TorchSharp.torch;

namespace NemotronH.Quantization;

/// <summary>Dequantises with torch operations, on any device; the host reads nothing.</summary>
/// <remarks>Gives the bits that <see cref="HostDequantizer"/> gives.</remarks>
internal static class TorchDequantizer
{
    /// <summary>Two to the sixth, by which E2M1 codes that are placed into E4M3 bytes are too small.</summary>
    private const float E2M1FromE4M3 = 64f;

    /// <summary>Dequantises NVFP4.</summary>
    /// <param name="codes">[(A,) n, K/2] bytes.</param>
    /// <param name="scales">[(A,) n, K/16] E4M3 codes, row by row.</param>
    /// <param name="weightScale2">[1] or [A] float32.</param>
    /// <param name="target">[(A,) n, K] in the compute dtype.</param>
    public static void Nvfp4(Tensor codes, Tensor scales, Tensor weightScale2, Tensor target)
    {
        using var scope = NewDisposeScope();
        long[] blocks = [.. scales.shape, Formats.Nvfp4.BlockSize];
        Tensor values = E4M3Tensor.ToFloat32(stack([LowNibbles(codes), HighNibbles(codes)], -1)).view(blocks);

        // Both products of a float32 by a power of two are exact: one rounding remains, that of (e2m1 · e4m3) · weight_scale_2.
        values.mul_(E4M3Tensor.ToFloat32(scales).unsqueeze(-1)).mul_(Spread(weightScale2 * E2M1FromE4M3, blocks.Length));
        target.copy_(values.view(target.shape));
    }

    /// <summary>Dequantises FP8.</summary>
    /// <param name="codes">[(A,) n, K] E4M3 codes.</param>
    /// <param name="scale">[1] or [A] float32.</param>
    /// <param name="target">[(A,) n, K] in the compute dtype.</param>
    public static void Fp8(Tensor codes, Tensor scale, Tensor target)
    {
        using var scope = NewDisposeScope();
        target.copy_(E4M3Tensor.ToFloat32(codes).mul_(Spread(scale, (int)codes.Dimensions)));
    }

    /// <summary>
    /// Sign, exponent and mantissa of E2M1 (biased by 1) at the places they have in E4M3 (biased by 7): the same number, 2⁻⁶ times, subnormals
    /// too.
    /// </summary>
    private static Tensor LowNibbles(Tensor codes) =>
        And(codes, 0x07).bitwise_left_shift(Byte(2)).bitwise_or(And(codes, 0x08).bitwise_left_shift(Byte(4)));

    private static Tensor HighNibbles(Tensor codes) => And(codes, 0x70).bitwise_right_shift(Byte(2)).bitwise_or(And(codes, 0x80));

    private static Tensor And(Tensor codes, byte bits) => codes.bitwise_and(Byte(bits));

    private static Tensor Byte(byte value) => tensor(value, dtype: ScalarType.Byte);

    /// <summary>One factor for each entry of the first of several dimensions.</summary>
    private static Tensor Spread(Tensor factors, int dimensions) => factors.view([-1, .. Enumerable.Repeat(1L, dimensions - 1)]);
}
