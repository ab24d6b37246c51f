using System.Globalization;
using System.Numerics;
using System.Text.RegularExpressions;

namespace NemotronH.Text.Templates.Python;

/// <summary>How Python spells, reads and rounds floating-point numbers.</summary>
internal static partial class PythonFloat
{
    /// <summary>Python's <c>repr</c>: the shortest digits that give the number again, with an exponent below 1e-4 and from 1e16 on.</summary>
    public static string Repr(double value)
    {
        if (!double.IsFinite(value))
        {
            return double.IsNaN(value) ? "nan" : value > 0 ? "inf" : "-inf";
        }

        (string digits, int point) = Decompose(value);
        string sign = double.IsNegative(value) ? "-" : "";
        if (point is <= -4 or > 16)
        {
            string fraction = digits.Length > 1 ? $".{digits[1..]}" : "";
            int exponent = point - 1;
            return $"{sign}{digits[0]}{fraction}e{(exponent < 0 ? '-' : '+')}{Math.Abs(exponent):00}";
        }

        return point <= 0
            ? $"{sign}0.{new string('0', -point)}{digits}"
            : $"{sign}{digits.PadRight(point, '0')[..point]}.{(digits.Length > point ? digits[point..] : "0")}";
    }

    /// <summary>Reads a number as Python's <c>float(text)</c> does, or <see langword="null"/> where that fails.</summary>
    public static double? Parse(string text)
    {
        string trimmed = PythonText.Strip(text).ToLowerInvariant();
        if (Special().Match(trimmed) is { Success: true } special)
        {
            double magnitude = special.Groups[2].Value == "nan" ? double.NaN : double.PositiveInfinity;
            return special.Groups[1].Value == "-" ? -magnitude : magnitude;
        }

        return Number().IsMatch(trimmed) ? double.Parse(trimmed.Replace("_", ""), NumberStyles.Float, CultureInfo.InvariantCulture) : null;
    }

    /// <summary>Python's <c>round(value, digits)</c>: to nearest, ties of the exact binary value to even.</summary>
    public static double Round(double value, int digits)
    {
        // Beyond these, nothing is left to round or nothing is left.
        if (!double.IsFinite(value) || digits > 323)
        {
            return value;
        }

        if (digits < -308)
        {
            return Math.CopySign(0, value);
        }

        double rounded = double.Parse($"{Scaled(value, digits)}e{-digits}", NumberStyles.Float, CultureInfo.InvariantCulture);
        return double.IsFinite(rounded) ? Math.CopySign(rounded, value) : throw new TemplateError("a rounded number is too large");
    }

    /// <summary>A finite number's magnitude times 10^digits, rounded to an integer: ties of the exact binary value go to even.</summary>
    public static BigInteger Scaled(double value, int digits)
    {
        (BigInteger numerator, BigInteger denominator) = Fraction(Math.Abs(value));
        BigInteger power = BigInteger.Pow(10, Math.Abs(digits));
        (numerator, denominator) = digits >= 0 ? (numerator * power, denominator) : (numerator, denominator * power);
        BigInteger quotient = BigInteger.DivRem(numerator, denominator, out BigInteger remainder);
        int half = (2 * remainder).CompareTo(denominator);
        return half > 0 || (half == 0 && !quotient.IsEven) ? quotient + 1 : quotient;
    }

    /// <summary>The exact value of a finite, non-negative number as a fraction.</summary>
    private static (BigInteger Numerator, BigInteger Denominator) Fraction(double value)
    {
        long bits = BitConverter.DoubleToInt64Bits(value);
        int exponent = (int)((bits >> 52) & 0x7FF);
        BigInteger mantissa = (bits & 0xF_FFFF_FFFF_FFFF) | (exponent > 0 ? 1L << 52 : 0);
        int shift = Math.Max(exponent, 1) - 1075;
        return shift >= 0 ? (mantissa << shift, BigInteger.One) : (mantissa, BigInteger.One << -shift);
    }

    /// <summary>The shortest digits without leading or trailing zeros, and where the point stands: 0.DIGITS * 10^point.</summary>
    private static (string Digits, int Point) Decompose(double value)
    {
        string[] parts = Math.Abs(value).ToString("R", CultureInfo.InvariantCulture).Split('E');
        int exponent = parts.Length > 1 ? int.Parse(parts[1], CultureInfo.InvariantCulture) : 0;
        string[] mantissa = parts[0].Split('.');
        string all = string.Concat(mantissa);
        string digits = all.TrimStart('0');
        int point = mantissa[0].Length + exponent - (all.Length - digits.Length);
        return digits.Length == 0 ? ("0", 1) : (digits.TrimEnd('0'), point);
    }

    [GeneratedRegex(@"^([+-]?)(inf|infinity|nan)$")]
    private static partial Regex Special();

    [GeneratedRegex(@"^[+-]?(\d+(_\d+)*\.?|(\d+(_\d+)*)?\.\d+(_\d+)*)(e[+-]?\d+(_\d+)*)?$", RegexOptions.ECMAScript)]
    private static partial Regex Number();
}
