namespace NemotronH.Generation.Constraints.Automaton;

/// <summary>Within a fixed text.</summary>
/// <param name="Text">The text in UTF-8; the same object for the same literal.</param>
/// <param name="Position">How many of its bytes were read.</param>
/// <param name="IsMarkup">Whether the text is markup of the model's, for which the tokenizer may have added tokens.</param>
internal sealed record LiteralFrame(byte[] Text, int Position = 0, bool IsMarkup = false) : Frame
{
    /// <inheritdoc/>
    public override void Step(byte value, ParseStack self, StackSet next)
    {
        if (value == Text[Position])
        {
            next.Add(Position + 1 == Text.Length ? self.Below! : self.Replace(this with { Position = Position + 1 }));
        }
    }
}
