using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using System.Runtime.Intrinsics;

namespace NemotronH.Quantization.Formats;

/// <summary>bfloat16, the upper half of a single, held as <see cref="ushort"/>.</summary>
public static class BFloat16
{
    private const uint MagnitudeMask = 0x7FFFFFFF;
    private const uint Infinity = 0x7F800000;
    private const uint QuietNan = 0x00400000;

    /// <summary>Widens, exactly.</summary>
    /// <param name="value">The bits of a bfloat16.</param>
    /// <returns>The same number.</returns>
    public static float ToSingle(ushort value) => BitConverter.UInt32BitsToSingle((uint)value << 16);

    /// <summary>Rounds to nearest, ties to even; values beyond the range become infinities, NaN stays a (quiet) NaN.</summary>
    /// <param name="value">Any number.</param>
    /// <returns>The bits of the bfloat16.</returns>
    public static ushort FromSingle(float value)
    {
        uint bits = BitConverter.SingleToUInt32Bits(value);
        uint rounded = (bits & MagnitudeMask) > Infinity ? bits | QuietNan : bits + 0x7FFF + ((bits >> 16) & 1);
        return (ushort)(rounded >> 16);
    }

    /// <summary>Widens many numbers.</summary>
    /// <param name="values">Bits of bfloat16 numbers.</param>
    /// <param name="singles">Receives one number for each.</param>
    /// <exception cref="ArgumentException">The lengths differ.</exception>
    public static void ToSingle(ReadOnlySpan<ushort> values, Span<float> singles)
    {
        SpanChecks.SameLength(values.Length, singles.Length, nameof(singles));
        int whole = values.Length - (values.Length % Vector256<ushort>.Count);
        ref ushort source = ref MemoryMarshal.GetReference(values);
        ref float target = ref MemoryMarshal.GetReference(singles);
        for (int i = 0; i < whole; i += Vector256<ushort>.Count)
        {
            (Vector256<uint> lower, Vector256<uint> upper) = Vector256.Widen(Vector256.LoadUnsafe(ref source, (nuint)i));
            (lower << 16).AsSingle().StoreUnsafe(ref target, (nuint)i);
            (upper << 16).AsSingle().StoreUnsafe(ref target, (nuint)(i + Vector256<uint>.Count));
        }

        for (int i = whole; i < values.Length; i++)
        {
            singles[i] = ToSingle(values[i]);
        }
    }

    /// <summary>Rounds many numbers by the rule of <see cref="FromSingle(float)"/>.</summary>
    /// <param name="singles">The numbers.</param>
    /// <param name="values">Receives the bits of one bfloat16 for each.</param>
    /// <exception cref="ArgumentException">The lengths differ.</exception>
    public static void FromSingle(ReadOnlySpan<float> singles, Span<ushort> values)
    {
        SpanChecks.SameLength(singles.Length, values.Length, nameof(values));
        int whole = singles.Length - (singles.Length % Vector256<ushort>.Count);
        ref float source = ref MemoryMarshal.GetReference(singles);
        ref ushort target = ref MemoryMarshal.GetReference(values);
        for (int i = 0; i < whole; i += Vector256<ushort>.Count)
        {
            ref float at = ref Unsafe.Add(ref source, i);
            Vector256.Narrow(RoundVector(Vector256.LoadUnsafe(ref at)), RoundVector(Vector256.LoadUnsafe(ref at, 8))).StoreUnsafe(ref target, (nuint)i);
        }

        for (int i = whole; i < singles.Length; i++)
        {
            values[i] = FromSingle(singles[i]);
        }
    }

    /// <summary>Rounds eight numbers by the rule of <see cref="FromSingle(float)"/>.</summary>
    internal static Vector128<ushort> FromSingle(Vector256<float> singles)
    {
        Vector256<uint> rounded = RoundVector(singles);
        return Vector128.Narrow(rounded.GetLower(), rounded.GetUpper());
    }

    private static Vector256<uint> RoundVector(Vector256<float> singles)
    {
        Vector256<uint> bits = singles.AsUInt32();
        Vector256<uint> nan = Vector256.GreaterThan(bits & Vector256.Create(MagnitudeMask), Vector256.Create(Infinity));
        Vector256<uint> rounded = bits + Vector256.Create(0x7FFFu) + ((bits >>> 16) & Vector256<uint>.One);
        return Vector256.ConditionalSelect(nan, bits | Vector256.Create(QuietNan), rounded) >>> 16;
    }
}
