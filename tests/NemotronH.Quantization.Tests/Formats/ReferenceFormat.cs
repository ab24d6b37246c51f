namespace NemotronH.Quantization.Formats;

/// <summary>Rounding by the definition: of all codes, the nearest; of two equally near, the even one. Works in exact double arithmetic.</summary>
internal static class ReferenceFormat
{
    /// <summary>A value of a format without infinities, from its fields.</summary>
    public static double Value(int code, int exponentBits, int mantissaBits, int bias)
    {
        int mantissa = code & ((1 << mantissaBits) - 1);
        int exponent = (code >> mantissaBits) & ((1 << exponentBits) - 1);
        double fraction = mantissa / (double)(1 << mantissaBits);
        double magnitude = exponent == 0 ? fraction * Math.Pow(2, 1 - bias) : (1 + fraction) * Math.Pow(2, exponent - bias);
        return (code >> (mantissaBits + exponentBits)) == 0 ? magnitude : -magnitude;
    }

    /// <summary>Index of the nearest magnitude; ties to the even index; the last beyond the end.</summary>
    public static int Nearest(IReadOnlyList<double> magnitudes, double magnitude)
    {
        if (magnitude >= magnitudes[^1])
        {
            return magnitudes.Count - 1;
        }

        double least = magnitudes.Min(value => Math.Abs(value - magnitude));
        int[] nearest = [.. Enumerable.Range(0, magnitudes.Count).Where(code => Math.Abs(magnitudes[code] - magnitude) == least)];
        return nearest.Length == 1 ? nearest[0] : nearest.Single(code => code % 2 == 0);
    }

    /// <summary>Each magnitude, each midpoint between neighbours, and the floats right below and above them.</summary>
    public static IEnumerable<float> CriticalNumbers(IReadOnlyList<double> magnitudes)
    {
        IEnumerable<double> midpoints = magnitudes.Zip(magnitudes.Skip(1), (low, high) => (low + high) / 2);
        return magnitudes.Concat(midpoints).Select(value => (float)value)
            .SelectMany(value => new[] { value, MathF.BitIncrement(value), MathF.Abs(MathF.BitDecrement(value)) });
    }

    /// <summary>Numbers of random bits, NaN left out.</summary>
    public static IEnumerable<float> RandomNumbers(int seed, int count)
    {
        var random = new Random(seed);
        return Enumerable.Range(0, count).Select(_ => BitConverter.Int32BitsToSingle(random.Next() | (random.Next(2) << 31))).Where(float.IsFinite);
    }

    /// <summary>Numbers spread evenly over the exponents of a range.</summary>
    public static IEnumerable<float> LogUniform(int seed, int count, double smallest, double largest)
    {
        var random = new Random(seed);
        return Enumerable.Range(0, count).Select(_ => (float)(smallest * Math.Pow(largest / smallest, random.NextDouble())));
    }
}
