namespace NemotronH.Generation.Constraints.Automaton;

/// <summary>Within a number without bounds.</summary>
/// <param name="Node">Its kind.</param>
/// <param name="Phase">What was read last.</param>
/// <param name="Digits">How many digits of that part.</param>
internal sealed record NumberFrame(NumberNode Node, NumberPhase Phase, int Digits) : Frame
{
    /// <summary>Every integer of that many digits fits in 64 bits, and a double holds no more behind the point.</summary>
    private const int MaxDigits = 18;

    /// <summary>So that no number is beyond a double's range.</summary>
    private const int MaxExponentDigits = 2;

    /// <inheritdoc/>
    public override bool CanEnd => Phase is NumberPhase.Zero or NumberPhase.Integer or NumberPhase.Fraction or NumberPhase.ExponentDigit;

    /// <summary>Reads the first byte of a number.</summary>
    public static void Begin(NumberNode node, byte first, ParseStack below, StackSet next)
    {
        if (Follow(node, NumberPhase.Start, 0, first) is { } frame)
        {
            next.Add(below.Push(frame));
        }
    }

    /// <inheritdoc/>
    public override void Step(byte value, ParseStack self, StackSet next)
    {
        if (Follow(Node, Phase, Digits, value) is { } frame)
        {
            next.Add(self.Replace(frame));
        }
    }

    private static NumberFrame? Follow(NumberNode node, NumberPhase phase, int digits, byte value)
    {
        NumberPhase? next = char.IsAsciiDigit((char)value)
            ? AfterDigit(node, phase, digits, value == '0')
            : node.IsInteger && value != '-' ? null : AfterSign(phase, value);
        return next is { } found ? new NumberFrame(node, found, found == phase ? digits + 1 : 1) : null;
    }

    private static NumberPhase? AfterDigit(NumberNode node, NumberPhase phase, int digits, bool isZero) => phase switch
    {
        NumberPhase.Minus when isZero && node.IsInteger => null,
        NumberPhase.Start or NumberPhase.Minus => isZero ? NumberPhase.Zero : NumberPhase.Integer,
        NumberPhase.Integer when digits < MaxDigits => phase,
        NumberPhase.Point => NumberPhase.Fraction,
        NumberPhase.Fraction when digits < MaxDigits => phase,
        NumberPhase.Exponent or NumberPhase.ExponentSign => NumberPhase.ExponentDigit,
        NumberPhase.ExponentDigit when digits < MaxExponentDigits => phase,
        _ => null,
    };

    private static NumberPhase? AfterSign(NumberPhase phase, byte value) => (phase, (char)value) switch
    {
        (NumberPhase.Start, '-') => NumberPhase.Minus,
        (NumberPhase.Zero or NumberPhase.Integer, '.') => NumberPhase.Point,
        (NumberPhase.Zero or NumberPhase.Integer or NumberPhase.Fraction, 'e' or 'E') => NumberPhase.Exponent,
        (NumberPhase.Exponent, '+' or '-') => NumberPhase.ExponentSign,
        _ => null,
    };
}
