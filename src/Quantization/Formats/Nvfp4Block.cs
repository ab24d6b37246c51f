using System.Runtime.Intrinsics;

namespace NemotronH.Quantization.Formats;

/// <summary>Quantises 16 neighbours: finds their scale, then their codes.</summary>
internal readonly ref struct Nvfp4Block
{
    /// <summary>Codes of E4M3 in an octave: how far a search for a better scale looks to either side.</summary>
    private const int SearchRadius = 8;

    private readonly Vector256<float> _first;
    private readonly Vector256<float> _second;
    private readonly float _weightScale2;

    public Nvfp4Block(ReadOnlySpan<float> weights, float weightScale2)
    {
        _first = Vector256.Create(weights);
        _second = Vector256.Create(weights[8..]);
        _weightScale2 = weightScale2;
    }

    /// <summary>The E4M3 code of the block's scale.</summary>
    public byte ChooseScale(Nvfp4Options options)
    {
        float amax = LargestMagnitude();
        byte toSix = ScaleFor(amax, E2M1.MaxValue);
        if (options.ScaleSearch == ScaleSearch.Mse)
        {
            return Search(toSix);
        }

        return options.FourOverSix ? Better(toSix, ScaleFor(amax, 4f)) : toSix;
    }

    /// <summary>The block's codes as eight packed bytes, the first column in the lowest nibble.</summary>
    public ulong Encode(byte scale)
    {
        Vector256<float> divisor = Vector256.Create(E4M3.Decode(scale) * _weightScale2);
        Vector256<ushort> codes = Vector256.Narrow(Encode(_first, divisor), Encode(_second, divisor));
        Vector128<ushort> pairs = Vector128.Narrow(codes.GetLower(), codes.GetUpper()).AsUInt16();
        Vector128<ushort> packed = (pairs | (pairs >>> 4)) & Vector128.Create((ushort)0xFF);
        return Vector128.Narrow(packed, packed).AsUInt64().ToScalar();
    }

    /// <summary>Sum of squared differences between the block and what it reads back as; four partial sums by column modulo 4, then pairwise.</summary>
    internal double SquaredError(byte scale)
    {
        float value = E4M3.Decode(scale);
        (Vector256<double> a, Vector256<double> b) = Vector256.Widen(Difference(_first, value));
        (Vector256<double> c, Vector256<double> d) = Vector256.Widen(Difference(_second, value));
        Vector256<double> sums = (a * a) + (b * b) + (c * c) + (d * d);
        return (sums[0] + sums[1]) + (sums[2] + sums[3]);
    }

    /// <summary>E4M3 of the scale that takes the largest magnitude to <paramref name="target"/>, kept within [2⁻⁹, 448].</summary>
    private byte ScaleFor(float amax, float target)
    {
        // 0/0, in a matrix of zeros, is no number: MaxNumber passes over it, as a block of zeros wants the smallest scale.
        float scale = amax / target / _weightScale2;
        return E4M3.Encode(float.MinNumber(float.MaxNumber(scale, E4M3.Epsilon), E4M3.MaxValue));
    }

    private byte Better(byte preferred, byte other) => SquaredError(other) < SquaredError(preferred) ? other : preferred;

    private byte Search(byte start)
    {
        byte best = start;
        double least = SquaredError(start);
        for (int distance = 1; distance <= SearchRadius; distance++)
        {
            TryScale(start - distance, ref best, ref least);
            TryScale(start + distance, ref best, ref least);
        }

        return best;
    }

    private void TryScale(int scale, ref byte best, ref double least)
    {
        if (scale is < 1 or > E4M3.MaxCode)
        {
            return;
        }

        double error = SquaredError((byte)scale);
        if (error < least)
        {
            (best, least) = ((byte)scale, error);
        }
    }

    private float LargestMagnitude()
    {
        Vector256<float> eight = Vector256.Max(Vector256.Abs(_first), Vector256.Abs(_second));
        Vector128<float> four = Vector128.Max(eight.GetLower(), eight.GetUpper());
        return MathF.Max(MathF.Max(four[0], four[1]), MathF.Max(four[2], four[3]));
    }

    private static Vector256<uint> Encode(Vector256<float> weights, Vector256<float> divisor)
    {
        Vector256<float> quotient = Vector256.Abs(weights) / divisor;

        // Each midpoint passed adds one (a mask is −1); ties go to the even code. No number (0/0) passes none.
        Vector256<int> passed = Vector256.GreaterThan(quotient, Vector256.Create(0.25f)).AsInt32()
            + Vector256.GreaterThanOrEqual(quotient, Vector256.Create(0.75f)).AsInt32()
            + Vector256.GreaterThan(quotient, Vector256.Create(1.25f)).AsInt32()
            + Vector256.GreaterThanOrEqual(quotient, Vector256.Create(1.75f)).AsInt32()
            + Vector256.GreaterThan(quotient, Vector256.Create(2.5f)).AsInt32()
            + Vector256.GreaterThanOrEqual(quotient, Vector256.Create(3.5f)).AsInt32()
            + Vector256.GreaterThan(quotient, Vector256.Create(5f)).AsInt32();
        return (-passed).AsUInt32() | ((weights.AsUInt32() >>> 28) & Vector256.Create(8u));
    }

    private Vector256<float> Difference(Vector256<float> weights, float scale)
    {
        Vector256<float> magnitudes = Vector256.Abs(weights);
        Vector256<float> rounded = Round(magnitudes / Vector256.Create(scale * _weightScale2));
        return magnitudes - (rounded * Vector256.Create(scale) * Vector256.Create(_weightScale2));
    }

    /// <summary>The E2M1 magnitude nearest to a quotient: the steps between neighbours, summed over the midpoints passed.</summary>
    private static Vector256<float> Round(Vector256<float> quotient)
    {
        Vector256<float> half = Vector256.Create(0.5f);
        Vector256<float> one = Vector256<float>.One;
        return (Vector256.GreaterThan(quotient, Vector256.Create(0.25f)) & half)
            + (Vector256.GreaterThanOrEqual(quotient, Vector256.Create(0.75f)) & half)
            + (Vector256.GreaterThan(quotient, Vector256.Create(1.25f)) & half)
            + (Vector256.GreaterThanOrEqual(quotient, Vector256.Create(1.75f)) & half)
            + (Vector256.GreaterThan(quotient, Vector256.Create(2.5f)) & one)
            + (Vector256.GreaterThanOrEqual(quotient, Vector256.Create(3.5f)) & one)
            + (Vector256.GreaterThan(quotient, Vector256.Create(5f)) & Vector256.Create(2f));
    }
}
