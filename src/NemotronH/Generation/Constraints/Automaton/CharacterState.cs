namespace NemotronH.Generation.Constraints.Automaton;

/// <summary>Where a character of a JSON string stands: its UTF-8 bytes, or an escape, a pair of escaped surrogates included (RFC 8259, section 7).</summary>
/// <param name="Phase">What comes next.</param>
/// <param name="Value">Behind <c>\u</c>, a one and the hexadecimal digits so far; otherwise 0.</param>
internal readonly record struct CharacterState(CharacterPhase Phase, int Value = 0)
{
    private const int FourDigits = 0x10000;

    /// <summary>Whether a character may begin.</summary>
    public bool IsStart => Phase == CharacterPhase.Start;

    /// <summary>Reads a byte.</summary>
    /// <param name="value">The byte; no quote at the start of a character.</param>
    /// <returns>What comes next, <see cref="CharacterPhase.Start"/> after a whole character; <see langword="null"/> where the byte does not fit.</returns>
    public CharacterState? Step(byte value) => Phase switch
    {
        CharacterPhase.Start => First(value),
        CharacterPhase.OneMore => value is >= 0x80 and < 0xC0 ? new(CharacterPhase.Start) : null,
        CharacterPhase.TwoMore => value is >= 0x80 and < 0xC0 ? new(CharacterPhase.OneMore) : null,
        CharacterPhase.ThreeMore => value is >= 0x80 and < 0xC0 ? new(CharacterPhase.TwoMore) : null,
        CharacterPhase.AfterE0 => value is >= 0xA0 and < 0xC0 ? new(CharacterPhase.OneMore) : null,
        CharacterPhase.AfterED => value is >= 0x80 and < 0xA0 ? new(CharacterPhase.OneMore) : null,
        CharacterPhase.AfterF0 => value is >= 0x90 and < 0xC0 ? new(CharacterPhase.TwoMore) : null,
        CharacterPhase.AfterF4 => value is >= 0x80 and < 0x90 ? new(CharacterPhase.TwoMore) : null,
        CharacterPhase.Escape => Escaped(value),
        CharacterPhase.Hexadecimal => Digit(value),
        CharacterPhase.LowEscape => value == '\\' ? new(CharacterPhase.LowMarker) : null,
        CharacterPhase.LowMarker => value == 'u' ? new(CharacterPhase.LowHexadecimal, 1) : null,
        _ => LowDigit(value),
    };

    private static CharacterState? First(byte value) => value switch
    {
        (byte)'\\' => new(CharacterPhase.Escape),
        (byte)'"' or < 0x20 => null,
        < 0x80 => new(CharacterPhase.Start),
        < 0xC2 => null,
        < 0xE0 => new(CharacterPhase.OneMore),
        0xE0 => new(CharacterPhase.AfterE0),
        0xED => new(CharacterPhase.AfterED),
        < 0xF0 => new(CharacterPhase.TwoMore),
        0xF0 => new(CharacterPhase.AfterF0),
        < 0xF4 => new(CharacterPhase.ThreeMore),
        0xF4 => new(CharacterPhase.AfterF4),
        _ => null,
    };

    private static CharacterState? Escaped(byte value) => value switch
    {
        (byte)'u' => new(CharacterPhase.Hexadecimal, 1),
        (byte)'"' or (byte)'\\' or (byte)'/' or (byte)'b' or (byte)'f' or (byte)'n' or (byte)'r' or (byte)'t' => new(CharacterPhase.Start),
        _ => null,
    };

    /// <summary>A high surrogate must be followed by a low one; a low one alone is no character.</summary>
    private CharacterState? Digit(byte value) => Append(value) switch
    {
        null or (>= 0x1DC and < 0x1E0) => null,
        >= FourDigits + 0xD800 and < FourDigits + 0xDC00 => new(CharacterPhase.LowEscape),
        >= FourDigits => new(CharacterPhase.Start),
        int digits => this with { Value = digits },
    };

    private CharacterState? LowDigit(byte value) => Append(value) switch
    {
        >= FourDigits => new(CharacterPhase.Start),
        int digits and (0x1D or (>= 0x1DC and < 0x1E0) or (>= 0x1DC0 and < 0x1E00)) => this with { Value = digits },
        _ => null,
    };

    private int? Append(byte value) => char.IsAsciiHexDigit((char)value) ? (Value << 4) + Convert.ToInt32(((char)value).ToString(), 16) : null;
}
