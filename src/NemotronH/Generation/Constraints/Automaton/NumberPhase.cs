namespace NemotronH.Generation.Constraints.Automaton;

/// <summary>What of a number was read last (RFC 8259, section 6).</summary>
internal enum NumberPhase
{
    /// <summary>Nothing yet.</summary>
    Start,

    /// <summary>The minus sign.</summary>
    Minus,

    /// <summary>A leading zero, which stands alone before the point.</summary>
    Zero,

    /// <summary>A digit before the point.</summary>
    Integer,

    /// <summary>The point.</summary>
    Point,

    /// <summary>A digit behind the point.</summary>
    Fraction,

    /// <summary>The <c>e</c>.</summary>
    Exponent,

    /// <summary>The exponent's sign.</summary>
    ExponentSign,

    /// <summary>A digit of the exponent.</summary>
    ExponentDigit,
}
