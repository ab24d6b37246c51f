namespace NemotronH.Generation.Constraints.Automaton;

/// <summary>A form that a string may be asked to have.</summary>
/// <param name="isBeginning">Whether a text can be completed to one of this form.</param>
/// <param name="isWhole">Whether such a beginning is whole.</param>
internal sealed class TextFormat(Func<string, bool> isBeginning, Func<string, bool> isWhole)
{
    private const string UuidShape = "hhhhhhhh-hhhh-hhhh-hhhh-hhhhhhhhhhhh";
    private const string DateShape = "dddd-dd-dd";
    private const string TimeShape = "dd:dd:dd";
    private const string ZoneShape = "dd:dd";
    private const int MaxFraction = 7;

    private static readonly Dictionary<string, TextFormat> Formats = new()
    {
        ["date"] = new(IsDateBeginning, text => text.Length == DateShape.Length),
        ["date-time"] = new(IsDateTimeBeginning, text => text.EndsWith('Z') || (FindZone(text) is >= 0 and int zone && text.Length == zone + 1 + ZoneShape.Length)),
        ["uuid"] = new(text => HasShape(text, UuidShape), text => text.Length == UuidShape.Length),
    };

    /// <summary>The formats of the JSON Schema vocabulary that are enforced (RFC 3339, RFC 4122).</summary>
    public static IReadOnlyCollection<string> Names => Formats.Keys;

    /// <summary>Finds a format; <see langword="null"/> where it is not enforced.</summary>
    public static TextFormat? Find(string name) => Formats.GetValueOrDefault(name);

    /// <summary>Whether a text can be completed.</summary>
    public bool IsBeginning(string text) => isBeginning(text);

    /// <summary>Whether a beginning is whole.</summary>
    public bool IsWhole(string text) => isWhole(text);

    private static bool IsDateTimeBeginning(string text)
    {
        int time = DateShape.Length + 1;
        if (text.Length < time)
        {
            return IsDateBeginning(text);
        }

        int zone = FindZone(text);
        string clock = zone < 0 ? text[time..] : text[time..zone];
        return IsDateBeginning(text[..DateShape.Length]) && text[DateShape.Length] == 'T' && IsClockBeginning(clock)
            && (zone < 0 || (IsWholeClock(clock) && IsZoneBeginning(text[zone..])));
    }

    private static int FindZone(string text) =>
        text.Length > DateShape.Length ? text.IndexOfAny(['Z', '+', '-'], DateShape.Length + 1) : -1;

    private static bool IsDateBeginning(string text)
    {
        if (!HasShape(text, DateShape))
        {
            return false;
        }

        bool isYear = text.Length < 4 || text[..4] != "0000";
        bool isMonth = (text.Length < 6 || text[5] <= '1') && (text.Length < 7 || Number(text, 5) is >= 1 and <= 12);
        return isYear && isMonth && (text.Length < 9 || IsDayBeginning(text));
    }

    private static bool IsDayBeginning(string text)
    {
        int days = DateTime.DaysInMonth(Number(text, 0, 4), Number(text, 5));
        return text.Length < 10 ? text[8] - '0' <= days / 10 : Number(text, 8) >= 1 && Number(text, 8) <= days;
    }

    private static bool IsClockBeginning(string text)
    {
        string fraction = text.Length > TimeShape.Length ? text[TimeShape.Length..] : ".";
        string clock = text[..Math.Min(text.Length, TimeShape.Length)];
        return HasShape(clock, TimeShape) && IsInRange(clock, 0, 23) && IsInRange(clock, 3, 59) && IsInRange(clock, 6, 59)
            && fraction[0] == '.' && fraction.Length <= MaxFraction + 1 && fraction.Skip(1).All(char.IsAsciiDigit);
    }

    private static bool IsWholeClock(string text) => text.Length >= TimeShape.Length && !text.EndsWith('.');

    private static bool IsZoneBeginning(string text) => text[0] == 'Z'
        ? text.Length == 1
        : HasShape(text[1..], ZoneShape) && IsInRange(text[1..], 0, 13) && IsInRange(text[1..], 3, 59);

    private static bool IsInRange(string text, int start, int maximum) => text.Length <= start
        || (text.Length == start + 1 ? text[start] - '0' <= maximum / 10 : Number(text, start) <= maximum);

    private static int Number(string text, int start, int length = 2) => int.Parse(text.AsSpan(start, length), System.Globalization.CultureInfo.InvariantCulture);

    private static bool HasShape(string text, string shape) => text.Length <= shape.Length && text.Zip(shape).All(pair => pair.Second switch
    {
        'd' => char.IsAsciiDigit(pair.First),
        'h' => char.IsAsciiHexDigit(pair.First),
        _ => pair.First == pair.Second,
    });
}
