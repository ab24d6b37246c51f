namespace NemotronH.Generation.Constraints.Automaton;

/// <summary>What comes next within a character of a JSON string.</summary>
internal enum CharacterPhase
{
    /// <summary>A character may begin.</summary>
    Start,

    /// <summary>One more byte of UTF-8.</summary>
    OneMore,

    /// <summary>Two more bytes of UTF-8.</summary>
    TwoMore,

    /// <summary>Three more bytes of UTF-8.</summary>
    ThreeMore,

    /// <summary>Two more bytes, so chosen that the form is the shortest.</summary>
    AfterE0,

    /// <summary>Two more bytes, so chosen that they are no surrogate.</summary>
    AfterED,

    /// <summary>Three more bytes, so chosen that the form is the shortest.</summary>
    AfterF0,

    /// <summary>Three more bytes, so chosen that they are not beyond Unicode.</summary>
    AfterF4,

    /// <summary>The letter of an escape.</summary>
    Escape,

    /// <summary>Hexadecimal digits.</summary>
    Hexadecimal,

    /// <summary>The backslash of a low surrogate.</summary>
    LowEscape,

    /// <summary>The <c>u</c> of a low surrogate.</summary>
    LowMarker,

    /// <summary>The hexadecimal digits of a low surrogate.</summary>
    LowHexadecimal,
}
