using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using System.Runtime.Intrinsics;

namespace NemotronH.Quantization.Formats;

/// <summary>
/// The 8-bit float of FP8 weights and NVFP4 block scales (OCP E4M3, "fn"): sign, 4 exponent bits of bias 7, 3 mantissa bits; no infinities,
/// codes 0x7F and 0xFF are NaN, the largest value is 448, subnormals are multiples of 2⁻⁹.
/// </summary>
public static class E4M3
{
    /// <summary>Largest magnitude, code 0x7E.</summary>
    public const float MaxValue = 448f;

    /// <summary>Smallest positive value, 2⁻⁹, code 0x01.</summary>
    public const float Epsilon = 1f / 512f;

    /// <summary>The code of the largest value.</summary>
    public const byte MaxCode = 0x7E;

    private const byte NanCode = 0x7F;
    private const uint MagnitudeMask = 0x7FFFFFFF;
    private const uint Infinity = 0x7F800000;
    private const uint SmallestNormal = 0x3C800000; // 2⁻⁶
    private const float SubnormalRounder = 16384f; // its unit in the last place is 2⁻⁹
    private const uint SubnormalRounderBits = 0x46800000;
    private const uint Rebias = (127 - 7) << 3;

    private static readonly float[] Table = [.. Enumerable.Range(0, 256).Select(code => DecodeBits((byte)code))];

    /// <summary>The values of all 256 codes.</summary>
    public static ReadOnlySpan<float> Values => Table;

    /// <summary>The value of a code.</summary>
    /// <param name="code">Any byte.</param>
    /// <returns>Its exact value; NaN for 0x7F and 0xFF.</returns>
    public static float Decode(byte code) => Table[code];

    /// <summary>Rounds to the nearest code, ties to the even code, saturating at ±448.</summary>
    /// <param name="value">Any number: infinities become ±448, NaN becomes the NaN code of its sign, −0 keeps its sign.</param>
    /// <returns>The code.</returns>
    public static byte Encode(float value)
    {
        uint bits = BitConverter.SingleToUInt32Bits(value);
        uint magnitude = bits & MagnitudeMask;
        uint code = magnitude > Infinity ? NanCode
            : magnitude < SmallestNormal ? EncodeSubnormal(BitConverter.UInt32BitsToSingle(magnitude))
            : Math.Min(((magnitude + 0x7FFFF + ((magnitude >> 20) & 1)) >> 20) - Rebias, MaxCode);
        return (byte)(code | ((bits >> 24) & 0x80));
    }

    /// <summary>Encodes many numbers by the rule of <see cref="Encode(float)"/>.</summary>
    /// <param name="values">The numbers.</param>
    /// <param name="codes">Receives one code for each number.</param>
    /// <exception cref="ArgumentException">The lengths differ.</exception>
    public static void Encode(ReadOnlySpan<float> values, Span<byte> codes)
    {
        SpanChecks.SameLength(values.Length, codes.Length, nameof(codes));
        int whole = values.Length - (values.Length % Vector256<byte>.Count);
        ref float source = ref MemoryMarshal.GetReference(values);
        ref byte target = ref MemoryMarshal.GetReference(codes);
        for (int i = 0; i < whole; i += Vector256<byte>.Count)
        {
            ref float at = ref Unsafe.Add(ref source, i);
            Vector256<ushort> lower = Vector256.Narrow(EncodeVector(ref at, 0), EncodeVector(ref at, 8));
            Vector256<ushort> upper = Vector256.Narrow(EncodeVector(ref at, 16), EncodeVector(ref at, 24));
            Vector256.Narrow(lower, upper).StoreUnsafe(ref target, (nuint)i);
        }

        for (int i = whole; i < values.Length; i++)
        {
            codes[i] = Encode(values[i]);
        }
    }

    /// <summary>Decodes many codes.</summary>
    /// <param name="codes">The codes.</param>
    /// <param name="values">Receives one number for each code.</param>
    /// <exception cref="ArgumentException">The lengths differ.</exception>
    public static void Decode(ReadOnlySpan<byte> codes, Span<float> values)
    {
        SpanChecks.SameLength(codes.Length, values.Length, nameof(values));
        for (int i = 0; i < codes.Length; i++)
        {
            values[i] = Table[codes[i]];
        }
    }

    private static uint EncodeSubnormal(float magnitude) =>
        BitConverter.SingleToUInt32Bits(magnitude + SubnormalRounder) - SubnormalRounderBits;

    private static Vector256<uint> EncodeVector(ref float source, nuint offset)
    {
        Vector256<uint> bits = Vector256.LoadUnsafe(ref source, offset).AsUInt32();
        Vector256<uint> magnitude = bits & Vector256.Create(MagnitudeMask);
        Vector256<uint> odd = (magnitude >>> 20) & Vector256<uint>.One;
        Vector256<uint> normal = ((magnitude + Vector256.Create(0x7FFFFu) + odd) >>> 20) - Vector256.Create(Rebias);
        Vector256<uint> subnormal = (magnitude.AsSingle() + Vector256.Create(SubnormalRounder)).AsUInt32() - Vector256.Create(SubnormalRounderBits);
        Vector256<uint> code = Vector256.ConditionalSelect(
            Vector256.LessThan(magnitude, Vector256.Create(SmallestNormal)), subnormal, Vector256.Min(normal, Vector256.Create((uint)MaxCode)));
        code = Vector256.ConditionalSelect(
            Vector256.GreaterThan(magnitude, Vector256.Create(Infinity)), Vector256.Create((uint)NanCode), code);
        return code | ((bits >>> 24) & Vector256.Create(0x80u));
    }

    private static float DecodeBits(byte code)
    {
        int exponent = (code >> 3) & 15;
        int mantissa = code & 7;
        float magnitude = (code & 0x7F) == NanCode ? float.NaN
            : exponent == 0 ? mantissa * Epsilon
            : MathF.ScaleB(8 + mantissa, exponent - 10);
        return (code & 0x80) == 0 ? magnitude : -magnitude;
    }
}
