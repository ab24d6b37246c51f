using System.Runtime.InteropServices;
using System.Runtime.Intrinsics;

namespace NemotronH.Quantization.Formats;

/// <summary>The largest magnitude ("amax") of a tensor, which sets its scale.</summary>
public static class AbsoluteMaximum
{
    private const int MagnitudeMask = 0x7FFFFFFF;
    private const int Infinity = 0x7F800000;

    /// <summary>The largest magnitude of finite numbers.</summary>
    /// <param name="values">The numbers; several pieces of one tensor may be asked for one after the other.</param>
    /// <param name="name">The tensor's name, for the message.</param>
    /// <returns>The largest magnitude; 0 where there is none.</returns>
    /// <exception cref="QuantizationException">A number is NaN or infinite: no scale can stand for it.</exception>
    public static float Of(ReadOnlySpan<float> values, string name)
    {
        int maximum = OfBits(MemoryMarshal.Cast<float, int>(values));
        if (maximum >= Infinity)
        {
            int at = values.IndexOfAnyExceptInRange(float.MinValue, float.MaxValue);
            throw new QuantizationException($"{name}: element {at} is {values[at]}; only finite numbers can be quantised.");
        }

        return BitConverter.Int32BitsToSingle(maximum);
    }

    /// <summary>Magnitudes order as their bits do, with NaN above infinity: an integer maximum loses nothing.</summary>
    private static int OfBits(ReadOnlySpan<int> bits)
    {
        int whole = bits.Length - (bits.Length % Vector256<int>.Count);
        Vector256<int> maxima = Vector256<int>.Zero;
        ref int source = ref MemoryMarshal.GetReference(bits);
        for (int i = 0; i < whole; i += Vector256<int>.Count)
        {
            maxima = Vector256.Max(maxima, Vector256.LoadUnsafe(ref source, (nuint)i) & Vector256.Create(MagnitudeMask));
        }

        int maximum = 0;
        for (int lane = 0; lane < Vector256<int>.Count; lane++)
        {
            maximum = Math.Max(maximum, maxima[lane]);
        }

        foreach (int value in bits[whole..])
        {
            maximum = Math.Max(maximum, value & MagnitudeMask);
        }

        return maximum;
    }
}
