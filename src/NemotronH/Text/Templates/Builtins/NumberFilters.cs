using System.Numerics;
using NemotronH.Text.Templates.Python;
using NemotronH.Text.Templates.Rendering;
using NemotronH.Text.Templates.Values;

namespace NemotronH.Text.Templates.Builtins;

/// <summary>Filters that make numbers.</summary>
internal static class NumberFilters
{
    public static readonly IReadOnlyDictionary<string, Filter> All = new Dictionary<string, Filter>
    {
        ["abs"] = (value, _, _) => NumberFormat.IsNegative(value) ? Arithmetic.ApplySign("-", value) : Arithmetic.ApplySign("+", value),
        ["float"] = ToFloat,
        ["int"] = ToInteger,
        ["round"] = Round,
    };

    private static TemplateValue ToFloat(TemplateValue value, ArgumentReader arguments, RenderContext context)
    {
        TemplateValue whenImpossible = arguments.Optional("default") ?? new FloatValue(0);
        return value switch
        {
            UndefinedValue undefined => throw undefined.Error(),
            StringValue text => PythonFloat.Parse(text.Text) is { } number ? new FloatValue(number) : whenImpossible,
            _ => Numbers.AsDouble(value) is { } number ? new FloatValue(number) : whenImpossible,
        };
    }

    private static TemplateValue ToInteger(TemplateValue value, ArgumentReader arguments, RenderContext context)
    {
        TemplateValue whenImpossible = arguments.Optional("default") ?? new IntegerValue(0);
        int radix = arguments.Integer("base", 10);
        if (radix is not (0 or (>= 2 and <= 36)))
        {
            throw new TemplateError("int() base must be >= 2 and <= 36, or 0");
        }

        return value switch
        {
            UndefinedValue undefined => throw undefined.Error(),
            FloatValue { Value: double.PositiveInfinity or double.NegativeInfinity } =>
                throw new TemplateError("cannot convert float infinity to integer"),
            FloatValue number => Truncated(number.Value) ?? whenImpossible,
            StringValue text => Numbers.Parse(text.Text, radix) is { } integer
                ? new IntegerValue(integer)
                : PythonFloat.Parse(text.Text) is { } parsed ? Truncated(parsed) ?? whenImpossible : whenImpossible,
            _ => Numbers.AsInteger(value) is { } integer ? new IntegerValue(integer) : whenImpossible,
        };
    }

    private static IntegerValue? Truncated(double number) => double.IsFinite(number) ? new(new BigInteger(number)) : null;

    private static TemplateValue Round(TemplateValue value, ArgumentReader arguments, RenderContext context)
    {
        TemplateValue precision = arguments.Optional("precision") ?? new IntegerValue(0);
        string method = arguments.OptionalText("method")?.Text ?? "common";
        if (Numbers.AsInteger(precision) is not { } digits || BigInteger.Abs(digits) > 1000)
        {
            throw new TemplateError("the filter 'round' has a precision that is no integer of moderate size");
        }

        return method switch
        {
            "common" when value is FloatValue number => new FloatValue(PythonFloat.Round(number.Value, (int)digits)),
            "common" when Numbers.AsInteger(value) is { } integer => new IntegerValue(RoundInteger(integer, (int)digits)),
            "ceil" or "floor" => RoundOneWay(value, precision, method == "ceil", context),
            "common" => throw (value is UndefinedValue undefined ? undefined.Error() : new TemplateError($"the filter 'round' takes a number, not {value.TypeName}")),
            _ => throw new TemplateError("method must be common, ceil or floor"),
        };
    }

    private static BigInteger RoundInteger(BigInteger value, int digits)
    {
        if (digits >= 0)
        {
            return value;
        }

        BigInteger unit = BigInteger.Pow(10, -digits);
        BigInteger quotient = BigInteger.DivRem(BigInteger.Abs(value), unit, out BigInteger remainder);
        int half = (2 * remainder).CompareTo(unit);
        quotient += half > 0 || (half == 0 && !quotient.IsEven) ? 1 : 0;
        return quotient * unit * value.Sign;
    }

    /// <summary>As Jinja2 does it: scale, round to an integer, divide.</summary>
    private static TemplateValue RoundOneWay(TemplateValue value, TemplateValue precision, bool up, RenderContext context)
    {
        TemplateValue unit = Arithmetic.Apply("**", new IntegerValue(10), precision, context);
        TemplateValue scaled = Arithmetic.Apply("*", value, unit, context);
        TemplateValue rounded = scaled switch
        {
            FloatValue { Value: var number } when double.IsFinite(number) => new IntegerValue(new BigInteger(up ? Math.Ceiling(number) : Math.Floor(number))),
            IntegerValue => scaled,
            _ => throw new TemplateError($"the filter 'round' takes a finite number, not {PythonText.Repr(value, context)}"),
        };
        return Arithmetic.Apply("/", rounded, unit, context);
    }
}
