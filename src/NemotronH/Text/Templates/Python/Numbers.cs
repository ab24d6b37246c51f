using System.Globalization;
using System.Numerics;
using NemotronH.Text.Templates.Values;

namespace NemotronH.Text.Templates.Python;

/// <summary>Numbers across types: a boolean is an integer, and integers and floats compare by their exact values.</summary>
internal static class Numbers
{
    /// <summary>How long an integer may become, as in Python when one is printed.</summary>
    public const int MaxDigits = 4300;

    private static readonly BigInteger LargestExact = BigInteger.Pow(2, 53);
    private static readonly BigInteger Limit = BigInteger.Pow(10, MaxDigits);

    /// <summary>The value of an integer or boolean, or <see langword="null"/>.</summary>
    public static BigInteger? AsInteger(TemplateValue value) => value switch
    {
        IntegerValue integer => integer.Value,
        BooleanValue boolean => boolean.Value ? BigInteger.One : BigInteger.Zero,
        _ => null,
    };

    /// <summary>The value of a number as a double, or <see langword="null"/>.</summary>
    /// <exception cref="TemplateError">An integer is too large for a double.</exception>
    public static double? AsDouble(TemplateValue value)
    {
        if (value is FloatValue number)
        {
            return number.Value;
        }

        double? converted = AsInteger(value) is { } integer ? Nearest(integer) : null;
        return converted is { } result && double.IsInfinity(result) ? throw new TemplateError("int too large to convert to float") : converted;
    }

    /// <summary>The double next to an integer; the conversion that .NET has cuts digits off instead.</summary>
    private static double Nearest(BigInteger integer) => BigInteger.Abs(integer) <= LargestExact
        ? (double)integer
        : double.Parse(integer.ToString(CultureInfo.InvariantCulture), CultureInfo.InvariantCulture);

    /// <summary>An integer result, as long as it has not become unreasonably long.</summary>
    public static IntegerValue Integer(BigInteger value) =>
        BigInteger.Abs(value) < Limit ? new(value) : throw new TemplateError($"an integer has more than {MaxDigits} digits, the limit");

    /// <summary>Compares two numbers.</summary>
    /// <returns>Negative, zero or positive; <see langword="null"/> where one is NaN or not a number.</returns>
    public static int? Compare(TemplateValue left, TemplateValue right) => (left, right) switch
    {
        (FloatValue a, FloatValue b) => Compare(a.Value, b.Value),
        (FloatValue a, _) => AsInteger(right) is { } b ? -Compare(b, a.Value) : null,
        (_, FloatValue b) => AsInteger(left) is { } a ? Compare(a, b.Value) : null,
        _ => AsInteger(left) is { } a && AsInteger(right) is { } b ? a.CompareTo(b) : null,
    };

    /// <summary>Reads an integer as Python's <c>int(text, base)</c> does, or <see langword="null"/> where that fails.</summary>
    /// <param name="text">Digits, perhaps with a sign, underscores between them, white space around, and the base's prefix.</param>
    /// <param name="radix">2 to 36, or 0 to go by the prefix.</param>
    public static BigInteger? Parse(string text, int radix)
    {
        string digits = PythonText.Strip(text).ToLowerInvariant();
        bool negative = digits.StartsWith('-');
        digits = digits.StartsWith('-') || digits.StartsWith('+') ? digits[1..] : digits;
        (digits, radix) = WithoutPrefix(digits, radix);
        if (digits.Length is 0 or > MaxDigits || digits.StartsWith('_') || digits.EndsWith('_') || digits.Contains("__"))
        {
            return null;
        }

        BigInteger value = 0;
        foreach (char digit in digits.Replace("_", ""))
        {
            int worth = char.IsAsciiDigit(digit) ? digit - '0' : char.IsAsciiLetterLower(digit) ? digit - 'a' + 10 : radix;
            if (worth >= radix)
            {
                return null;
            }

            value = (value * radix) + worth;
        }

        return negative ? -value : value;
    }

    /// <summary>Python's spelling of an integer.</summary>
    public static string Repr(BigInteger value) => value.ToString(CultureInfo.InvariantCulture);

    private static (string Digits, int Radix) WithoutPrefix(string digits, int radix)
    {
        int named = digits.Length > 2 ? digits[..2] switch { "0b" => 2, "0o" => 8, "0x" => 16, _ => 0 } : 0;
        if (named != 0 && (radix == named || radix == 0))
        {
            return (digits[2] == '_' ? digits[3..] : digits[2..], named);
        }

        // Without a base, a leading zero is an error unless all digits are zeros.
        return radix != 0 ? (digits, radix) : (digits.Length > 1 && digits[0] == '0' && digits.Trim('0', '_').Length > 0 ? "" : digits, 10);
    }

    private static int? Compare(double left, double right) => double.IsNaN(left) || double.IsNaN(right) ? null : left.CompareTo(right);

    private static int? Compare(BigInteger left, double right)
    {
        if (!double.IsFinite(right))
        {
            return double.IsNaN(right) ? null : -Math.Sign(right);
        }

        double floor = Math.Floor(right);
        int order = left.CompareTo(new BigInteger(floor));
        return order == 0 && right > floor ? -1 : order;
    }
}
