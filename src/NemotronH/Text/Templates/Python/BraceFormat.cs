using System.Globalization;
using System.Text;
using System.Text.RegularExpressions;
using NemotronH.Text.Templates.Rendering;
using NemotronH.Text.Templates.Values;

namespace NemotronH.Text.Templates.Python;

/// <summary>Python's <c>text.format(...)</c>.</summary>
internal static partial class BraceFormat
{
    /// <summary>Puts values into a format.</summary>
    /// <param name="format">The format.</param>
    /// <param name="values">The values, by position and by name.</param>
    /// <param name="context">The rendering.</param>
    /// <exception cref="TemplateError">Format and values do not fit, or the format uses what is not supported.</exception>
    public static string Apply(string format, CallArguments values, RenderContext context)
    {
        StringBuilder result = new();
        int next = 0;
        int at = 0;
        foreach (Match match in Field().Matches(format))
        {
            result.Append(format, at, match.Index - at);
            result.Append(Replace(match, values, ref next, context));
            context.Budget.SpendText(result.Length);
            at = match.Index + match.Length;
        }

        return result.Append(format, at, format.Length - at).ToString();
    }

    private static string Replace(Match match, CallArguments values, ref int next, RenderContext context)
    {
        if (match.Value is "{{" or "}}")
        {
            return match.Value[..1];
        }

        if (!match.Groups["field"].Success)
        {
            throw new TemplateError($"'{match.Value}' in a format string is not supported or not closed");
        }

        TemplateValue value = Resolve(match.Groups["name"].Value, values, ref next);
        foreach (Capture part in match.Groups["part"].Captures)
        {
            value = part.Value[0] == '.'
                ? Members.GetAttribute(value, part.Value[1..])
                : Members.GetElement(value, Key(part.Value[1..^1]));
        }

        string spec = match.Groups["spec"].Value;
        return match.Groups["conversion"].Value switch
        {
            "r" => FormatSpec.Apply(new StringValue(PythonText.Repr(value, context)), spec, context),
            "s" => FormatSpec.Apply(new StringValue(PythonText.Str(value, context)), spec, context),
            _ => FormatSpec.Apply(value, spec, context),
        };
    }

    private static TemplateValue Resolve(string name, CallArguments values, ref int next)
    {
        if (name.Length == 0 && next >= 0)
        {
            return At(values, next++);
        }

        if (int.TryParse(name, NumberStyles.None, CultureInfo.InvariantCulture, out int position) && next <= 0)
        {
            next = -1;
            return At(values, position);
        }

        if (name.Length == 0 || char.IsAsciiDigit(name[0]))
        {
            throw new TemplateError("cannot mix automatic field numbering with given field numbers");
        }

        return values.Named.Where(named => named.Key == name).Select(named => named.Value).FirstOrDefault()
            ?? throw new TemplateError($"the format's key '{name}' is missing");
    }

    private static TemplateValue At(CallArguments values, int position) => position < values.Positional.Count
        ? values.Positional[position]
        : throw new TemplateError($"the format's field {position} has no argument");

    private static TemplateValue Key(string key) => int.TryParse(key, NumberStyles.None, CultureInfo.InvariantCulture, out int index)
        ? new IntegerValue(index)
        : new StringValue(key);

    [GeneratedRegex(@"\{\{|\}\}|(?<field>\{(?<name>\w*)(?<part>\.\w+|\[[^\[\]{}]+\])*(!(?<conversion>[rs]))?(:(?<spec>[^{}]*))?\})|\{[^{}]*\}?|\}",
        RegexOptions.ExplicitCapture)]
    private static partial Regex Field();
}
