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
    /// <param name="type">One of <c>d o x X b f F e E g G</c>; the float types take integers too.</param>
    /// <param name="precision">Digits behind the point, for the float types; for <c>g</c> and <c>G</c> significant digits.</param>
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
            ('f' or 'F' or 'e' or 'E' or 'g' or 'G', _) when Numbers.AsDouble(value) is { } number => Float(number, type, precision),
            ('d' or 'o' or 'x' or 'X' or 'b' or 'f' or 'F' or 'e' or 'E' or 'g' or 'G', _) =>
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

        return type switch
        {
            'f' or 'F' => Fixed(PythonFloat.Scaled(value, precision), precision),
            'e' or 'E' => Scientific(value, type, precision),
            _ => General(value, type, precision, isShown: false),
        };
    }

    /// <summary>Spells a float's magnitude as <c>format(value, '.N')</c> does: never as an integer.</summary>
    /// <param name="value">The float.</param>
    /// <param name="precision">How many significant digits.</param>
    public static string WithDigits(double value, int precision) => double.IsFinite(value) && precision <= LargestPrecision
        ? General(value, 'g', precision, isShown: true)
        : Magnitude(new FloatValue(value), 'g', precision);

    /// <summary>A number with so many significant digits, zeros at the end left out, with an exponent where that is very small or large.</summary>
    private static string General(double value, char type, int precision, bool isShown)
    {
        precision = Math.Max(precision, 1);
        char mark = type == 'g' ? 'e' : 'E';
        string scientific = Scientific(value, mark, precision - 1);
        string[] parts = scientific.Split(mark);
        int exponent = int.Parse(parts[1], CultureInfo.InvariantCulture);
        if (exponent < -4 || exponent >= precision - (isShown ? 1 : 0))
        {
            return WithoutZeros(parts[0]) + mark + parts[1];
        }

        int behind = precision - 1 - exponent;
        string text = WithoutZeros(Fixed(PythonFloat.Scaled(value, behind), behind));
        return isShown && !text.Contains('.') ? text + ".0" : text;
    }

    private static string WithoutZeros(string text) => text.Contains('.') ? text.TrimEnd('0').TrimEnd('.') : text;

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
