using System.Globalization;
using System.Numerics;
using System.Text;
using System.Text.RegularExpressions;
using NemotronH.Text.Templates.Rendering;
using NemotronH.Text.Templates.Values;

namespace NemotronH.Text.Templates.Python;

/// <summary>Python's <c>format % values</c>.</summary>
/// <remarks>The presentation types <c>s r d i u o x X f F e E c %</c>; others are refused.</remarks>
internal static partial class PercentFormat
{
    /// <summary>Puts values into a format.</summary>
    /// <param name="format">The format; where it is marked, texts put into it are escaped.</param>
    /// <param name="values">A tuple of values, a dict of named values, or one value.</param>
    /// <param name="context">The rendering.</param>
    /// <exception cref="TemplateError">Format and values do not fit.</exception>
    public static StringValue Apply(StringValue format, TemplateValue values, RenderContext context)
    {
        Operands operands = new(values);
        StringBuilder result = new();
        int at = 0;
        foreach (Match match in Placeholder().Matches(format.Text))
        {
            result.Append(format.Text, at, match.Index - at);
            result.Append(Replace(match, format.IsMarkup, operands, context));
            context.Budget.SpendText(result.Length);
            at = match.Index + match.Length;
        }

        operands.End();
        string text = result.Append(format.Text, at, format.Text.Length - at).ToString();
        context.Budget.SpendText(text.Length);
        return new(text, format.IsMarkup);
    }

    private static string Replace(Match match, bool escape, Operands operands, RenderContext context)
    {
        string type = match.Groups["type"].Value;
        if (type.Length == 0)
        {
            throw new TemplateError("incomplete format");
        }

        if (match.Value == "%%")
        {
            return "%";
        }

        int? width = Size(match.Groups["width"].Value, operands);
        int? precision = match.Groups["dot"].Success ? Size(match.Groups["precision"].Value, operands) ?? 0 : null;
        TemplateValue value = operands.Take(match.Groups["key"]);
        string flags = match.Groups["flags"].Value + (width < 0 ? "-" : "");
        string text = Spell(value, type[0], precision, flags, escape, context, out string sign);
        return Align(sign, text, Math.Abs(width ?? 0), flags, isNumber: type[0] is not ('s' or 'r' or 'c'), context);
    }

    private static string Spell(
        TemplateValue value, char type, int? precision, string flags, bool escape, RenderContext context, out string sign)
    {
        sign = "";
        switch (type)
        {
            case 's' or 'r':
                string text = type == 's' ? PythonText.Str(value, context) : PythonText.Repr(value, context);
                text = escape ? Markup.Escape(type == 's' ? value : new StringValue(text), context).Text : text;
                return precision < CodePoints.Count(text) ? text[..CodePoints.ToUnit(text, precision.Value)] : text;
            case 'c':
                return Character(value);
            default:
                TemplateValue number = type is 'd' or 'i' or 'u' && value is FloatValue { Value: var real } && double.IsFinite(real)
                    ? new IntegerValue(new BigInteger(real))
                    : value is UndefinedValue undefined ? throw undefined.Error() : value;
                sign = NumberFormat.IsNegative(number) ? "-" : flags.Contains('+') ? "+" : flags.Contains(' ') ? " " : "";
                string digits = NumberFormat.Magnitude(number, type is 'i' or 'u' ? 'd' : type, precision ?? 6);
                sign += flags.Contains('#') && type is ('x' or 'X' or 'o') ? $"0{type}" : "";
                return type is 'd' or 'i' or 'u' or 'x' or 'X' or 'o' ? digits.PadLeft(precision ?? 0, '0') : digits;
        }
    }

    private static string Align(string sign, string text, int width, string flags, bool isNumber, RenderContext context)
    {
        context.Budget.SpendText(width);
        int space = Math.Max(width - sign.Length - CodePoints.Count(text), 0);
        return flags.Contains('-') ? sign + text + new string(' ', space)
            : flags.Contains('0') && isNumber ? sign + new string('0', space) + text
            : new string(' ', space) + sign + text;
    }

    private static string Character(TemplateValue value) => value switch
    {
        StringValue text when CodePoints.Count(text.Text) == 1 => text.Text,
        _ when Numbers.AsInteger(value) is { } code && code >= 0 && code <= int.MaxValue && Rune.IsValid((int)code) =>
            char.ConvertFromUtf32((int)code),
        _ => throw new TemplateError("%c requires int or char"),
    };

    private static int? Size(string digits, Operands operands) => digits switch
    {
        "" => null,
        "*" => Numbers.AsInteger(operands.Take(null)) is { } size && BigInteger.Abs(size) < int.MaxValue
            ? (int)size
            : throw new TemplateError("* wants int"),
        _ => int.TryParse(digits, NumberStyles.None, CultureInfo.InvariantCulture, out int size) ? size : throw new TemplateError("width too big"),
    };

    [GeneratedRegex(@"%(\((?<key>[^()]*)\))?(?<flags>[-+ 0#]*)(?<width>\*|\d*)((?<dot>\.)(?<precision>\*|\d*))?[hlL]?(?<type>.?)",
        RegexOptions.Singleline | RegexOptions.ExplicitCapture)]
    private static partial Regex Placeholder();

    /// <summary>The values, taken from left to right or by name.</summary>
    private sealed class Operands(TemplateValue values)
    {
        private readonly IReadOnlyList<TemplateValue> _list = values is TupleValue tuple ? tuple.Items : [values];
        private int _taken;

        public TemplateValue Take(Group? key)
        {
            if (key is { Success: true })
            {
                _taken = _list.Count;
                DictValue dict = values as DictValue ?? throw new TemplateError("format requires a mapping");
                return dict.Find(new StringValue(key.Value)) ?? throw new TemplateError($"the format's key '{key.Value}' is missing");
            }

            return _taken < _list.Count ? _list[_taken++] : throw new TemplateError("not enough arguments for format string");
        }

        public void End()
        {
            if (_taken < _list.Count && values is not (DictValue or ListValue or UndefinedValue or RangeValue))
            {
                throw new TemplateError("not all arguments converted during string formatting");
            }
        }
    }
}
