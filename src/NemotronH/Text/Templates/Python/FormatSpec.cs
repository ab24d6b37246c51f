using System.Globalization;
using System.Text.RegularExpressions;
using NemotronH.Text.Templates.Rendering;
using NemotronH.Text.Templates.Values;

namespace NemotronH.Text.Templates.Python;

/// <summary>Python's <c>format(value, spec)</c>: fill, alignment, sign, width, grouping, precision, type.</summary>
internal static partial class FormatSpec
{
    /// <summary>Formats a value.</summary>
    /// <exception cref="TemplateError">The specification is not supported, or does not fit the value.</exception>
    public static string Apply(TemplateValue value, string spec, RenderContext context)
    {
        Match match = Pattern().Match(spec);
        if (spec.Length == 0)
        {
            return PythonText.Str(value, context);
        }

        if (!match.Success || value is not (StringValue or IntegerValue or BooleanValue or FloatValue))
        {
            throw new TemplateError($"the format '{spec}' is not supported for a value of type {value.TypeName}");
        }

        string type = match.Groups["type"].Value;
        int width = Number(match.Groups["width"]) ?? 0;
        int? precision = Number(match.Groups["precision"]);
        context.Budget.SpendText(width);
        (string sign, string text) = value is StringValue words
            ? ("", Words(words.Text, type, precision, spec))
            : Numeral(value, type, precision, match);
        return Pad(sign, text, width, match, value is StringValue);
    }

    private static string Words(string text, string type, int? precision, string spec) => type is "" or "s"
        ? precision < CodePoints.Count(text) ? text[..CodePoints.ToUnit(text, precision.Value)] : text
        : throw new TemplateError($"the format '{spec}' is not supported for a value of type str");

    private static (string Sign, string Text) Numeral(TemplateValue value, string type, int? precision, Match match)
    {
        string sign = NumberFormat.IsNegative(value) ? "-" : match.Groups["sign"].Value is "+" or " " ? match.Groups["sign"].Value : "";
        string text = (type, value) switch
        {
            ("", FloatValue number) when precision is null => PythonFloat.Repr(Math.Abs(number.Value)),
            ("", FloatValue number) => NumberFormat.WithDigits(number.Value, precision!.Value),
            ("" or "d", not FloatValue) when precision is null => NumberFormat.Magnitude(value, 'd', 0),
            ("%", _) => NumberFormat.Magnitude(Hundredfold(value), 'f', precision ?? 6) + "%",
            ("", _) or ("d", _) or ("s", _) => throw new TemplateError($"the format '{match.Value}' is not supported for a value of type {value.TypeName}"),
            _ => NumberFormat.Magnitude(value, type[0], precision ?? 6),
        };
        string group = match.Groups["group"].Value;
        return (sign, group.Length == 0 ? text : Group(text, group));
    }

    private static FloatValue Hundredfold(TemplateValue value) => new(Numbers.AsDouble(value)!.Value * 100);

    private static string Group(string text, string separator)
    {
        int end = text.IndexOfAny(['.', 'e', 'E', '%']);
        end = end < 0 ? text.Length : end;
        for (int at = end - 3; at > 0; at -= 3)
        {
            text = text.Insert(at, separator);
        }

        return text;
    }

    private static string Pad(string sign, string text, int width, Match match, bool isText)
    {
        string align = match.Groups["align"].Value;
        bool zero = match.Groups["zero"].Success;
        string fill = match.Groups["fill"].Success ? match.Groups["fill"].Value : zero ? "0" : " ";
        int space = Math.Max(width - sign.Length - CodePoints.Count(text), 0);
        string Filled(int count) => string.Concat(Enumerable.Repeat(fill, count));
        return (align.Length > 0 ? align : isText ? "<" : zero ? "=" : ">") switch
        {
            "<" => sign + text + Filled(space),
            "^" => Filled(space / 2) + sign + text + Filled(space - (space / 2)),
            "=" => sign + Filled(space) + text,
            _ => Filled(space) + sign + text,
        };
    }

    private static int? Number(Group digits) => !digits.Success || digits.Length == 0 ? null
        : int.TryParse(digits.Value, NumberStyles.None, CultureInfo.InvariantCulture, out int number) ? number
        : throw new TemplateError("a format has too many digits");

    [GeneratedRegex(@"^((?<fill>.)?(?<align>[<>=^]))?(?<sign>[-+ ])?(?<zero>0)?(?<width>\d+)?(?<group>[,_])?(\.(?<precision>\d+))?(?<type>[sdoxXbfFeEgG%])?$",
        RegexOptions.ExplicitCapture | RegexOptions.Singleline)]
    private static partial Regex Pattern();
}
