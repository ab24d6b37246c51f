namespace NemotronH.Checkpoints.Synthetic;

/// <summary>The inverse of the normal distribution function.</summary>
internal static class NormalQuantile
{
    /// <summary>
    /// The value that a standard normal variable stays below with a given probability, to about seven digits: the rational approximations
    /// PPND7 of Wichura, "Algorithm AS 241: The Percentage Points of the Normal Distribution", Applied Statistics 37 (1988).
    /// </summary>
    /// <param name="probability">Between 0 and 1, both excluded.</param>
    internal static double At(double probability)
    {
        double q = probability - 0.5;
        if (Math.Abs(q) <= 0.425)
        {
            double r = 0.180625 - (q * q);
            return q * Ratio(
                r,
                [3.3871327179, 5.0434271938e1, 1.5929113202e2, 5.9109374720e1],
                [1, 1.7895169469e1, 7.8757757664e1, 6.7187563600e1]);
        }

        double tail = Math.Sqrt(-Math.Log(q < 0 ? probability : 1 - probability));
        double magnitude = tail <= 5
            ? Ratio(tail - 1.6, [1.4234372777, 2.7568153900, 1.3067284816, 1.7023821103e-1], [1, 7.3700164250e-1, 1.2021132975e-1])
            : Ratio(tail - 5, [6.6579051150, 3.0812263860, 4.2868294337e-1, 1.7337203997e-2], [1, 2.4197894225e-1, 1.2258202635e-2]);
        return Math.CopySign(magnitude, q);
    }

    private static double Ratio(double x, ReadOnlySpan<double> numerator, ReadOnlySpan<double> denominator) =>
        Polynomial(x, numerator) / Polynomial(x, denominator);

    private static double Polynomial(double x, ReadOnlySpan<double> coefficients)
    {
        double sum = 0;
        for (int i = coefficients.Length - 1; i >= 0; i--)
        {
            sum = (sum * x) + coefficients[i];
        }

        return sum;
    }
}
