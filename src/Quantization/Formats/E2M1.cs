namespace NemotronH.Quantization.Formats;

/// <summary>The 4-bit float of NVFP4 (OCP E2M1): bit 3 is the sign, bits 2..0 index 0, 0.5, 1, 1.5, 2, 3, 4, 6. No infinities, no NaN.</summary>
public static class E2M1
{
    /// <summary>Largest magnitude.</summary>
    public const float MaxValue = 6f;

    private const int SignBit = 8;

    private static readonly float[] Table = [0f, 0.5f, 1f, 1.5f, 2f, 3f, 4f, 6f, -0f, -0.5f, -1f, -1.5f, -2f, -3f, -4f, -6f];

    /// <summary>The values of codes 0 to 15; code 8 is negative zero.</summary>
    public static ReadOnlySpan<float> Values => Table;

    /// <summary>The value of a code.</summary>
    /// <param name="code">The code in the low four bits; the others are ignored.</param>
    /// <returns>A value of <see cref="Values"/>.</returns>
    public static float Decode(int code) => Table[code & 15];

    /// <summary>Rounds to the nearest code, ties to the even code, saturating at ±6 (infinities too).</summary>
    /// <param name="value">Any number. NaN has no code and becomes a zero of its own sign: refuse it before.</param>
    /// <returns>A code of 0 to 15; a negative number that rounds to zero keeps its sign and is code 8, as is −0.</returns>
    public static int Encode(float value)
    {
        float magnitude = MathF.Abs(value);

        // The seven midpoints between neighbours; a tie above an odd code goes up, above an even one it stays.
        int code = magnitude switch
        {
            > 5f => 7,
            >= 3.5f => 6,
            > 2.5f => 5,
            >= 1.75f => 4,
            > 1.25f => 3,
            >= 0.75f => 2,
            > 0.25f => 1,
            _ => 0,
        };
        return float.IsNegative(value) ? code | SignBit : code;
    }
}
