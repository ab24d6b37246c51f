namespace NemotronH.Generation.Constraints.Automaton;

/// <summary>Within a number that has bounds.</summary>
/// <param name="Node">The bounds.</param>
/// <param name="Phase">What was read last.</param>
/// <param name="IsNegative">Whether there is a minus.</param>
/// <param name="Value">The number so far, in the node's units, without its sign.</param>
/// <param name="Unit">Of how many units one is that the last digit counts.</param>
internal sealed record BoundedNumberFrame(
    BoundedNumberNode Node, NumberPhase Phase = NumberPhase.Start, bool IsNegative = false, Int128 Value = default, Int128 Unit = default) : Frame
{
    /// <inheritdoc/>
    public override bool CanEnd =>
        Phase is NumberPhase.Zero or NumberPhase.Integer or NumberPhase.Fraction && Node.Contains(IsNegative ? -Value : Value);

    /// <summary>Reads the first byte of the number.</summary>
    public void Begin(byte first, ParseStack below, StackSet next)
    {
        if (Follow(first) is { } frame)
        {
            next.Add(below.Push(frame));
        }
    }

    /// <inheritdoc/>
    public override void Step(byte value, ParseStack self, StackSet next)
    {
        if (Follow(value) is { } frame)
        {
            next.Add(self.Replace(frame));
        }
    }

    private BoundedNumberFrame? Follow(byte value) => (Phase, (char)value) switch
    {
        (NumberPhase.Start, '-') => Node.HasNegative ? this with { Phase = NumberPhase.Minus, IsNegative = true } : null,
        (NumberPhase.Start or NumberPhase.Minus, '0') => IfReachable(NumberPhase.Zero, 0, Node.One),
        (NumberPhase.Zero or NumberPhase.Integer, '.') => Node.Decimals > 0 ? IfReachable(NumberPhase.Point, Value, Node.One) : null,
        (_, >= '0' and <= '9') => FollowDigit(value - '0'),
        _ => null,
    };

    private BoundedNumberFrame? FollowDigit(int digit) => Phase switch
    {
        NumberPhase.Start or NumberPhase.Minus or NumberPhase.Integer => IfReachable(NumberPhase.Integer, (Value * 10) + (digit * Node.One), Node.One),
        NumberPhase.Point or NumberPhase.Fraction when Unit > 1 => IfReachable(NumberPhase.Fraction, Value + (digit * (Unit / 10)), Unit / 10),
        _ => null,
    };

    private BoundedNumberFrame? IfReachable(NumberPhase phase, Int128 value, Int128 unit) =>
        Node.Reaches(IsNegative, value, unit, mayGrow: phase == NumberPhase.Integer)
            ? this with { Phase = phase, Value = value, Unit = unit }
            : null;
}
