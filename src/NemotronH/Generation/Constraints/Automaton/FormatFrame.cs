namespace NemotronH.Generation.Constraints.Automaton;

/// <summary>Within a string of a certain form.</summary>
/// <param name="Format">The form.</param>
/// <param name="Text">The string so far; ASCII.</param>
internal sealed record FormatFrame(TextFormat Format, string Text) : Frame
{
    /// <inheritdoc/>
    public override void Step(byte value, ParseStack self, StackSet next)
    {
        if (value == '"' && Format.IsWhole(Text))
        {
            next.Add(self.Below!);
        }
        else if (value < 0x80 && Format.IsBeginning(Text + (char)value))
        {
            next.Add(self.Replace(this with { Text = Text + (char)value }));
        }
    }
}
