using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;

namespace NemotronH.Quantization.Formats;

/// <summary>FP8 with one scale per tensor: <c>W = e4m3(code) · weight_scale</c>, <c>weight_scale = amax/448</c>; all arithmetic in float32.</summary>
public static class Fp8
{
    /// <summary>Elements that are divided before they are encoded: a buffer that stays in the first-level cache.</summary>
    private const int Chunk = 2048;

    /// <summary>Quantises a tensor.</summary>
    /// <param name="weights">Finite numbers.</param>
    /// <param name="name">The tensor's name, for messages.</param>
    /// <returns>Codes and scale; a tensor of zeros has scale 0 and codes of zero.</returns>
    /// <exception cref="QuantizationException">A weight is NaN or infinite.</exception>
    public static Fp8Tensor Quantize(ReadOnlySpan<float> weights, string name = "weights")
    {
        float scale = Scale(AbsoluteMaximum.Of(weights, name));
        byte[] codes = new byte[weights.Length];
        Quantize(weights, scale, codes);
        return new Fp8Tensor(codes, scale);
    }

    /// <summary>The scale of a tensor: amax/448.</summary>
    /// <param name="absoluteMaximum">The largest magnitude of the whole tensor (see <see cref="AbsoluteMaximum"/>).</param>
    /// <returns><c>weight_scale</c>.</returns>
    public static float Scale(float absoluteMaximum) => absoluteMaximum / E4M3.MaxValue;

    /// <summary>Quantises numbers, the whole tensor or a piece of it, by a known scale: sat_e4m3(x/scale).</summary>
    /// <param name="weights">Finite numbers.</param>
    /// <param name="scale">The tensor's <see cref="Scale"/>; under scale 0 every code is a zero of its number's sign.</param>
    /// <param name="codes">Receives one E4M3 code for each number.</param>
    /// <exception cref="ArgumentException">The lengths differ.</exception>
    public static void Quantize(ReadOnlySpan<float> weights, float scale, Span<byte> codes)
    {
        SpanChecks.SameLength(weights.Length, codes.Length, nameof(codes));

        // Dividing by infinity gives the zeros that dividing zeros by zero would not.
        float divisor = scale == 0f ? float.PositiveInfinity : scale;
        Span<float> quotients = stackalloc float[Chunk];
        for (int start = 0; start < weights.Length; start += Chunk)
        {
            ReadOnlySpan<float> piece = weights.Slice(start, Math.Min(Chunk, weights.Length - start));
            for (int i = 0; i < piece.Length; i++)
            {
                quotients[i] = piece[i] / divisor;
            }

            E4M3.Encode(quotients[..piece.Length], codes.Slice(start, piece.Length));
        }
    }

    /// <summary>Reads weights back.</summary>
    /// <param name="codes">E4M3 codes.</param>
    /// <param name="scale">The tensor's scale.</param>
    /// <param name="weights">Receives one number for each code.</param>
    /// <exception cref="ArgumentException">The lengths differ.</exception>
    public static void Dequantize(ReadOnlySpan<byte> codes, float scale, Span<float> weights)
    {
        Span<float> values = stackalloc float[256];
        FillValues(scale, values);
        LookUp(codes, values, weights);
    }

    /// <summary>Reads weights back as bfloat16: the float32 values, rounded once.</summary>
    /// <param name="codes">E4M3 codes.</param>
    /// <param name="scale">The tensor's scale.</param>
    /// <param name="weights">Receives the bits of one bfloat16 number for each code.</param>
    /// <exception cref="ArgumentException">The lengths differ.</exception>
    public static void Dequantize(ReadOnlySpan<byte> codes, float scale, Span<ushort> weights)
    {
        Span<float> values = stackalloc float[256];
        FillValues(scale, values);
        Span<ushort> rounded = stackalloc ushort[256];
        BFloat16.FromSingle(values, rounded);
        LookUp(codes, rounded, weights);
    }

    /// <summary>What each of the 256 codes stands for.</summary>
    private static void FillValues(float scale, Span<float> values)
    {
        for (int code = 0; code < values.Length; code++)
        {
            values[code] = E4M3.Decode((byte)code) * scale;
        }
    }

    private static void LookUp<T>(ReadOnlySpan<byte> codes, ReadOnlySpan<T> values, Span<T> weights)
    {
        SpanChecks.SameLength(codes.Length, weights.Length, nameof(weights));
        ref T first = ref MemoryMarshal.GetReference(values);
        for (int i = 0; i < codes.Length; i++)
        {
            // There are as many values as a byte has: no bounds to check.
            weights[i] = Unsafe.Add(ref first, codes[i]);
        }
    }
}
