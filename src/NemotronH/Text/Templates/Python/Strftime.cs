using System.Globalization;
using System.Text;

namespace NemotronH.Text.Templates.Python;

/// <summary>Python's <c>datetime.now().strftime(format)</c> in the C locale, as glibc extends it.</summary>
internal static class Strftime
{
    /// <summary>Formats a local time.</summary>
    /// <param name="format">The format, with directives such as <c>%d %B %Y</c>; a dash takes the leading zeros away, as in <c>%-d</c>.</param>
    /// <param name="time">The time.</param>
    /// <exception cref="TemplateError">A directive is unknown.</exception>
    public static string Format(string format, DateTime time)
    {
        StringBuilder text = new();
        for (int i = 0; i < format.Length; i++)
        {
            if (format[i] != '%' || i + 1 == format.Length)
            {
                text.Append(format[i]);
                continue;
            }

            bool bare = format[++i] == '-' && i + 1 < format.Length;
            string field = Field(format[bare ? ++i : i], time);
            text.Append(bare ? field.TrimStart('0', ' ') is { Length: > 0 } trimmed ? trimmed : field[^1..] : field);
        }

        return text.ToString();
    }

    private static string Field(char directive, DateTime time) => directive switch
    {
        'a' => Of("ddd", time),
        'A' => Of("dddd", time),
        'b' or 'h' => Of("MMM", time),
        'B' => Of("MMMM", time),
        'c' => $"{Of("ddd MMM", time)} {time.Day,2} {Of("HH:mm:ss yyyy", time)}",
        'd' => Of("dd", time),
        'D' or 'x' => Of("MM'/'dd'/'yy", time),
        'e' => $"{time.Day,2}",
        'f' => Of("ffffff", time),
        'F' => Of("yyyy'-'MM'-'dd", time),
        'H' => Of("HH", time),
        'I' => Of("hh", time),
        'j' => $"{time.DayOfYear:000}",
        'm' => Of("MM", time),
        'M' => Of("mm", time),
        'n' => "\n",
        'p' => Of("tt", time),
        'R' => Of("HH:mm", time),
        'S' => Of("ss", time),
        't' => "\t",
        'T' or 'X' => Of("HH:mm:ss", time),
        'u' => $"{(time.DayOfWeek == DayOfWeek.Sunday ? 7 : (int)time.DayOfWeek)}",
        'U' => $"{(time.DayOfYear + 6 - (int)time.DayOfWeek) / 7:00}",
        'w' => $"{(int)time.DayOfWeek}",
        'W' => $"{(time.DayOfYear + 6 - (((int)time.DayOfWeek + 6) % 7)) / 7:00}",
        'G' => $"{ISOWeek.GetYear(time):0000}",
        'V' => $"{ISOWeek.GetWeekOfYear(time):00}",
        'y' => Of("yy", time),
        'Y' => $"{time.Year}",
        'z' or 'Z' => "",
        '%' => "%",
        _ => throw new TemplateError($"strftime_now does not know '%{directive}'"),
    };

    private static string Of(string format, DateTime time) => time.ToString(format, CultureInfo.InvariantCulture);
}
