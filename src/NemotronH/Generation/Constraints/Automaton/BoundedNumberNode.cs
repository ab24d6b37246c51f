namespace NemotronH.Generation.Constraints.Automaton;

/// <summary>A number within bounds, written without an exponent.</summary>
/// <remarks>Numbers are counted in units of the last decimal that may be written, so that all is exact.</remarks>
/// <param name="decimals">Most digits behind the point.</param>
/// <param name="minimum">Smallest number, in units.</param>
/// <param name="maximum">Largest number, in units.</param>
internal sealed class BoundedNumberNode(int decimals, Int128 minimum, Int128 maximum) : ValueNode
{
    /// <summary>Most digits behind the point.</summary>
    public int Decimals { get; } = decimals;

    /// <summary>Units in one.</summary>
    public Int128 One { get; } = PowerOfTen(decimals);

    /// <summary>Whether some number within the bounds begins with the digits of a prefix.</summary>
    /// <param name="isNegative">Whether the prefix begins with a minus.</param>
    /// <param name="value">The prefix as a number, in units, without its sign.</param>
    /// <param name="unit">How many units its last digit counts.</param>
    /// <param name="mayGrow">Whether more digits may come before the point.</param>
    public bool Reaches(bool isNegative, Int128 value, Int128 unit, bool mayGrow)
    {
        (Int128 low, Int128 high) = isNegative ? (-maximum, -minimum) : (minimum, maximum);
        Int128 last = value + unit - 1;
        while (true)
        {
            if (value <= high && last >= low)
            {
                return true;
            }

            if (!mayGrow || value > high || value == 0)
            {
                return false;
            }

            (value, last) = (value * 10, ((last + 1) * 10) - 1);
        }
    }

    /// <summary>Whether negative numbers lie within the bounds.</summary>
    public bool HasNegative => minimum < 0;

    /// <summary>Whether a number lies within the bounds.</summary>
    public bool Contains(Int128 value) => minimum <= value && value <= maximum;

    /// <summary>10 to a power.</summary>
    public static Int128 PowerOfTen(int exponent) => exponent == 0 ? 1 : 10 * PowerOfTen(exponent - 1);

    /// <inheritdoc/>
    public override int ComputeHeight() => minimum <= maximum ? 0 : Unreachable;

    /// <inheritdoc/>
    protected override void Open(byte first, ParseStack below, StackSet next) => new BoundedNumberFrame(this).Begin(first, below, next);
}
