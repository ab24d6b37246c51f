using System.Globalization;
using System.Numerics;
using NemotronH.Text.Templates.Values;

namespace NemotronH.Text.Templates.Python;

/// <summary>Numbers in the presentation types that <c>%</c> and <c>str.format</c> share, without sign.</summary>
internal static class NumberFormat
{
    private const int LargestPrecision = 1000;

    /// <summary>Spells a number's magnitude.</summary>
    /// <param name="value">An integer, boolean or float.</param>
    /// <param name="type">One of <c>d o x X b f F e E</c>; the float types take integers too.</param>
    /// <param name="precision">Digits behind the point, for the float types.</param>
    /// <exception cref="TemplateError">The type is another, or does not take this number.</exception>
    public static string Magnitude(TemplateValue value, char type, int precision)
    {
        if (precision > LargestPrecision)
        {
            throw new TemplateError($"a format asks for {precision} digits; expected at most {LargestPrecision}");
        }

        return (type, Numbers.AsInteger(value)) switch
        {
            ('d', { } integer) => Numbers.Repr(BigInteger.Abs(integer)),
            ('o', { } integer) => InBase(BigInteger.Abs(integer), 3),
            ('x', { } integer) => InBase(BigInteger.Abs(integer), 4),
            ('X', { } integer) => InBase(BigInteger.Abs(integer), 4).ToUpperInvariant(),
            ('b', { } integer) => InBase(BigInteger.Abs(integer), 1),
            ('f' or 'F' or 'e' or 'E', _) when Numbers.AsDouble(value) is { } number => Float(number, type, precision),
            ('d' or 'o' or 'x' or 'X' or 'b' or 'f' or 'F' or 'e' or 'E', _) =>
                throw new TemplateError($"the format '{type}' takes no value of type {value.TypeName}"),
            _ => throw new TemplateError($"the format '{type}' is not supported"),
        };
    }

    /// <summary>Whether a number prints a minus sign.</summary>
    public static bool IsNegative(TemplateValue value) => value is FloatValue number
        ? double.IsNegative(number.Value) && !double.IsNaN(number.Value)
        : Numbers.AsInteger(value) < 0;

    private static string Float(double value, char type, int precision)
    {
        if (!double.IsFinite(value))
        {
            string name = double.IsNaN(value) ? "nan" : "inf";
            return char.IsUpper(type) ? name.ToUpperInvariant() : name;
        }

        return type is 'f' or 'F' ? Fixed(PythonFloat.Scaled(value, precision), precision) : Scientific(value, type, precision);
    }

    private static string Fixed(BigInteger scaled, int precision)
    {
        string digits = Numbers.Repr(scaled).PadLeft(precision + 1, '0');
        return precision == 0 ? digits : $"{digits[..^precision]}.{digits[^precision..]}";
    }

    private static string Scientific(double value, char type, int precision)
    {
        int exponent = value == 0 ? 0 : (int)Math.Floor(Math.Log10(Math.Abs(value)));
        BigInteger scaled = PythonFloat.Scaled(value, precision - exponent);

        // The logarithm is off by one at times, and rounding may give one more digit.
        int surplus = value == 0 ? 0 : Numbers.Repr(scaled).Length - 1 - precision;
        if (surplus != 0)
        {
            exponent += surplus;
            scaled = PythonFloat.Scaled(value, precision - exponent);
        }

        return $"{Fixed(scaled, precision)}{type}{(exponent < 0 ? '-' : '+')}{Math.Abs(exponent).ToString("00", CultureInfo.InvariantCulture)}";
    }

    private static string InBase(BigInteger value, int bits)
    {
        string digits = "";
        for (; value > 0; value >>= bits)
        {
            digits = "0123456789abcdef"[(int)(value & ((1 << bits) - 1))] + digits;
        }

        return digits.Length == 0 ? "0" : digits;
    }
}
