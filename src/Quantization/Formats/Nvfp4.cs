using System.Buffers.Binary;

namespace NemotronH.Quantization.Formats;

/// <summary>
/// NVFP4: E2M1 codes, an E4M3 scale for every 16 neighbours of a row and one float32 factor for the matrix,
/// <c>W[n,k] = e2m1(code[n,k]) · e4m3(weight_scale[n,k/16]) · weight_scale_2</c>. All arithmetic is float32, one rounding an operation.
/// </summary>
public static class Nvfp4
{
    /// <summary>Neighbours in a row that share a scale.</summary>
    public const int BlockSize = 16;

    /// <summary>Bytes of codes for a block.</summary>
    internal const int BlockBytes = BlockSize / 2;

    /// <summary>Quantises a matrix.</summary>
    /// <param name="weights">[N, K], row-major, finite.</param>
    /// <param name="rows">N.</param>
    /// <param name="columns">K, a multiple of 16.</param>
    /// <param name="options">Four-over-six and the search for scales; default: neither.</param>
    /// <param name="name">The tensor's name, for messages.</param>
    /// <returns>
    /// Codes, scales and factor. A matrix of zeros (or of magnitudes below 2e-42, whose factor rounds to zero) has factor 0 and reads back as zeros.
    /// </returns>
    /// <exception cref="ArgumentException">The shape does not fit.</exception>
    /// <exception cref="QuantizationException">A weight is NaN or infinite.</exception>
    public static Nvfp4Tensor Quantize(
        ReadOnlySpan<float> weights, int rows, int columns, Nvfp4Options? options = null, string name = "weights")
    {
        CheckShape(rows, columns);
        SpanChecks.Length((long)rows * columns, weights.Length, nameof(weights));
        options ??= Nvfp4Options.Default;
        float weightScale2 = WeightScale2(AbsoluteMaximum.Of(weights, name), options);
        byte[] codes = new byte[weights.Length / 2];
        byte[] scales = new byte[weights.Length / BlockSize];
        QuantizeBlocks(weights, weightScale2, options, codes, scales);
        return new Nvfp4Tensor(codes, scales, weightScale2);
    }

    /// <summary>The factor of a matrix: amax/(6·448), or amax/(6·256) with four-over-six.</summary>
    /// <param name="absoluteMaximum">The largest magnitude of the whole matrix (see <see cref="AbsoluteMaximum"/>).</param>
    /// <param name="options">Whether four-over-six is on.</param>
    /// <returns><c>weight_scale_2</c>.</returns>
    public static float WeightScale2(float absoluteMaximum, Nvfp4Options options)
    {
        ArgumentNullException.ThrowIfNull(options);
        return absoluteMaximum / (E2M1.MaxValue * options.LargestScale);
    }

    /// <summary>Quantises whole rows of a matrix whose factor is known, so that a large matrix can go through piece by piece.</summary>
    /// <param name="weights">[n, K], row-major, K a multiple of 16; finite.</param>
    /// <param name="weightScale2">The whole matrix's <see cref="WeightScale2"/>.</param>
    /// <param name="options">The same as for the factor.</param>
    /// <param name="codes">Receives [n, K/2] bytes.</param>
    /// <param name="scales">Receives [n, K/16] E4M3 codes.</param>
    /// <exception cref="ArgumentException">The lengths do not fit.</exception>
    public static void QuantizeBlocks(
        ReadOnlySpan<float> weights, float weightScale2, Nvfp4Options options, Span<byte> codes, Span<byte> scales)
    {
        ArgumentNullException.ThrowIfNull(options);
        CheckLengths(codes.Length, scales.Length, weights.Length);
        for (int block = 0; block < scales.Length; block++)
        {
            var quantizer = new Nvfp4Block(weights.Slice(block * BlockSize, BlockSize), weightScale2);
            byte scale = quantizer.ChooseScale(options);
            scales[block] = scale;
            BinaryPrimitives.WriteUInt64LittleEndian(codes[(block * BlockBytes)..], quantizer.Encode(scale));
        }
    }

    /// <summary>Reads weights back.</summary>
    /// <param name="codes">[N, K/2] bytes.</param>
    /// <param name="scales">[N, K/16] E4M3 codes.</param>
    /// <param name="weightScale2">The matrix's factor.</param>
    /// <param name="weights">Receives [N, K] numbers: (e2m1 · e4m3) · weight_scale_2; the first product is exact.</param>
    /// <exception cref="ArgumentException">The lengths do not fit.</exception>
    public static void Dequantize(ReadOnlySpan<byte> codes, ReadOnlySpan<byte> scales, float weightScale2, Span<float> weights)
    {
        CheckLengths(codes.Length, scales.Length, weights.Length);
        Nvfp4Decoder.Decode(codes, scales, weightScale2, weights);
    }

    /// <summary>Reads weights back as bfloat16: the float32 values, rounded once.</summary>
    /// <param name="codes">[N, K/2] bytes.</param>
    /// <param name="scales">[N, K/16] E4M3 codes.</param>
    /// <param name="weightScale2">The matrix's factor.</param>
    /// <param name="weights">Receives the bits of [N, K] bfloat16 numbers.</param>
    /// <exception cref="ArgumentException">The lengths do not fit.</exception>
    public static void Dequantize(ReadOnlySpan<byte> codes, ReadOnlySpan<byte> scales, float weightScale2, Span<ushort> weights)
    {
        CheckLengths(codes.Length, scales.Length, weights.Length);
        Nvfp4Decoder.Decode(codes, scales, weightScale2, weights);
    }

    /// <summary>Packs one E2M1 code a byte into two: the even column's in the low nibble.</summary>
    /// <param name="nibbles">An even number of codes 0 to 15.</param>
    /// <param name="codes">Receives half as many bytes.</param>
    /// <exception cref="ArgumentException">The lengths do not fit.</exception>
    public static void Pack(ReadOnlySpan<byte> nibbles, Span<byte> codes)
    {
        SpanChecks.Length(nibbles.Length, 2 * codes.Length, nameof(codes));
        for (int i = 0; i < codes.Length; i++)
        {
            codes[i] = (byte)((nibbles[2 * i] & 15) | (nibbles[(2 * i) + 1] << 4));
        }
    }

    /// <summary>The inverse of <see cref="Pack"/>.</summary>
    /// <param name="codes">Packed bytes.</param>
    /// <param name="nibbles">Receives twice as many codes 0 to 15.</param>
    /// <exception cref="ArgumentException">The lengths do not fit.</exception>
    public static void Unpack(ReadOnlySpan<byte> codes, Span<byte> nibbles)
    {
        SpanChecks.Length(2L * codes.Length, nibbles.Length, nameof(nibbles));
        for (int i = 0; i < codes.Length; i++)
        {
            nibbles[2 * i] = (byte)(codes[i] & 15);
            nibbles[(2 * i) + 1] = (byte)(codes[i] >> 4);
        }
    }

    private static void CheckShape(int rows, int columns)
    {
        ArgumentOutOfRangeException.ThrowIfNegative(rows);
        if (columns <= 0 || columns % BlockSize != 0)
        {
            throw new ArgumentException($"columns is {columns}; expected a positive multiple of {BlockSize}.", nameof(columns));
        }
    }

    private static void CheckLengths(int codes, int scales, int weights)
    {
        if (weights % BlockSize != 0)
        {
            throw new ArgumentException($"weights has {weights} elements; expected a multiple of {BlockSize}.", nameof(weights));
        }

        SpanChecks.Length(weights / 2, codes, nameof(codes));
        SpanChecks.Length(weights / BlockSize, scales, nameof(scales));
    }
}
