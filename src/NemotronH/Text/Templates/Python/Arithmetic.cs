using System.Numerics;
using NemotronH.Text.Templates.Rendering;
using NemotronH.Text.Templates.Values;

namespace NemotronH.Text.Templates.Python;

/// <summary>Python's arithmetic operators; <c>+</c> and <c>*</c> also join and repeat texts and lists, <c>%</c> also formats texts.</summary>
internal static class Arithmetic
{
    /// <summary>Applies a binary operator.</summary>
    /// <param name="operation">One of <c>+ - * / // % **</c>.</param>
    /// <param name="left">Its left side.</param>
    /// <param name="right">Its right side.</param>
    /// <param name="context">The rendering.</param>
    /// <exception cref="TemplateError">The types do not fit, or a division is by zero.</exception>
    public static TemplateValue Apply(string operation, TemplateValue left, TemplateValue right, RenderContext context) => (operation, left, right) switch
    {
        ("%", StringValue format, _) => PercentFormat.Apply(format, right, context),
        (_, UndefinedValue undefined, _) => throw undefined.Error(),
        (_, _, UndefinedValue undefined) => throw undefined.Error(),
        ("+", StringValue a, StringValue b) => Markup.Join(a, b, context),
        ("+", ListValue a, ListValue b) => Concatenate(a, b, context),
        ("+", TupleValue a, TupleValue b) => Concatenate(a, b, context),
        ("*", StringValue or SequenceValue, _) when Numbers.AsInteger(right) is { } count => Repeat(left, count, context),
        ("*", _, StringValue or SequenceValue) when Numbers.AsInteger(left) is { } count => Repeat(right, count, context),
        _ => Calculate(operation, left, right) ?? throw Unsupported(operation, left, right),
    };

    /// <summary>Python's <c>-value</c> and <c>+value</c>.</summary>
    /// <exception cref="TemplateError">The value is no number.</exception>
    public static TemplateValue ApplySign(string sign, TemplateValue value) => value switch
    {
        UndefinedValue undefined => throw undefined.Error(),
        FloatValue number => new FloatValue(sign == "-" ? -number.Value : number.Value),
        _ when Numbers.AsInteger(value) is { } integer => new IntegerValue(sign == "-" ? -integer : integer),
        _ => throw new TemplateError($"bad operand type for unary {sign}: '{value.TypeName}'"),
    };

    private static SequenceValue Concatenate(SequenceValue left, SequenceValue right, RenderContext context)
    {
        context.Budget.Spend(left.Items.Count + right.Items.Count);
        return left.With([.. left.Items, .. right.Items]);
    }

    private static TemplateValue Repeat(TemplateValue value, BigInteger count, RenderContext context)
    {
        int times = (int)BigInteger.Clamp(count, 0, int.MaxValue);
        if (value is StringValue text)
        {
            context.Budget.SpendText((long)text.Text.Length * times);
            return new StringValue(string.Concat(Enumerable.Repeat(text.Text, text.Text.Length == 0 ? 0 : times)), text.IsMarkup);
        }

        SequenceValue sequence = (SequenceValue)value;
        context.Budget.Spend((long)sequence.Items.Count * times);
        return sequence.With([.. Enumerable.Repeat(sequence.Items, sequence.Items.Count == 0 ? 0 : times).SelectMany(items => items)]);
    }

    private static TemplateValue? Calculate(string operation, TemplateValue left, TemplateValue right)
    {
        if (Numbers.AsInteger(left) is { } a && Numbers.AsInteger(right) is { } b)
        {
            return operation is "/" || (operation is "**" && b < 0)
                ? WithFloats(operation, Numbers.AsDouble(left)!.Value, Numbers.AsDouble(right)!.Value)
                : WithIntegers(operation, a, b);
        }

        return Numbers.AsDouble(left) is { } x && Numbers.AsDouble(right) is { } y ? WithFloats(operation, x, y) : null;
    }

    private static IntegerValue WithIntegers(string operation, BigInteger a, BigInteger b) => Numbers.Integer(operation switch
    {
        "+" => a + b,
        "-" => a - b,
        "*" => a * b,
        "//" => FloorDivide(a, b),
        "%" => a - (FloorDivide(a, b) * b),
        _ => Power(a, b),
    });

    private static BigInteger FloorDivide(BigInteger a, BigInteger b)
    {
        if (b.IsZero)
        {
            throw new TemplateError("division by zero");
        }

        BigInteger quotient = BigInteger.DivRem(a, b, out BigInteger remainder);
        return !remainder.IsZero && (remainder < 0) != (b < 0) ? quotient - 1 : quotient;
    }

    private static BigInteger Power(BigInteger a, BigInteger b)
    {
        if (BigInteger.Abs(a) <= 1)
        {
            return b.IsZero ? 1 : b.IsEven ? a * a : a;
        }

        return BigInteger.Abs(a).GetBitLength() * b <= Numbers.MaxDigits * 4
            ? BigInteger.Pow(a, (int)b)
            : throw new TemplateError($"an integer has more than {Numbers.MaxDigits} digits, the limit");
    }

    private static FloatValue WithFloats(string operation, double x, double y)
    {
        if (y == 0 && operation is ("/" or "//" or "%"))
        {
            throw new TemplateError("division by zero");
        }

        return new(operation switch
        {
            "+" => x + y,
            "-" => x - y,
            "*" => x * y,
            "/" => x / y,
            "//" => FloorDivide(x, y),
            "%" => Modulo(x, y),
            _ => Power(x, y),
        });
    }

    private static double Modulo(double x, double y)
    {
        double remainder = x % y;
        return remainder == 0 ? Math.CopySign(0, y) : (remainder < 0) != (y < 0) ? remainder + y : remainder;
    }

    private static double FloorDivide(double x, double y)
    {
        double quotient = (x - Modulo(x, y)) / y;
        double floor = Math.Floor(quotient);
        return quotient == 0 ? Math.CopySign(0, x / y) : quotient - floor > 0.5 ? floor + 1 : floor;
    }

    private static double Power(double x, double y)
    {
        double power = Math.Pow(x, y);
        if (x == 0 && y < 0)
        {
            throw new TemplateError("0.0 cannot be raised to a negative power");
        }

        return double.IsNaN(power) && x < 0 && !double.IsNaN(y)
            ? throw new TemplateError("a complex number results; those are not supported")
            : double.IsInfinity(power) && double.IsFinite(x) && double.IsFinite(y) ? throw new TemplateError("a float result is too large") : power;
    }

    private static TemplateError Unsupported(string operation, TemplateValue left, TemplateValue right) =>
        new($"unsupported operand type(s) for {operation}: '{left.TypeName}' and '{right.TypeName}'");
}
