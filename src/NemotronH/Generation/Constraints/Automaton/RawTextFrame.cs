namespace NemotronH.Generation.Constraints.Automaton;

/// <summary>Within a text that is written as it is, between tags; it ends wherever what follows can begin.</summary>
/// <param name="MaxLength">Most code points.</param>
/// <param name="Count">Code points so far, where there is a bound.</param>
/// <param name="Tail">The end of the text that may be the beginning of a tag that it must not contain.</param>
/// <param name="Character">Where the next code point stands.</param>
internal sealed record RawTextFrame(int MaxLength, int Count = 0, string Tail = "", CharacterState Character = default) : Frame
{
    private static readonly string[] Forbidden = ["</parameter>", "</function>", "</tool_call>"];

    /// <inheritdoc/>
    public override bool CanEnd => Character.IsStart;

    /// <inheritdoc/>
    public override int? PlainCharacters => !Character.IsStart || Tail.Length > 0 ? null : MaxLength == int.MaxValue ? int.MaxValue : MaxLength - Count;

    /// <inheritdoc/>
    public override void Step(byte value, ParseStack self, StackSet next)
    {
        if (Character.IsStart && Count == MaxLength)
        {
            return;
        }

        bool needsNoEscape = Character.IsStart && value is (byte)'"' or (byte)'\\' or (byte)'\n' or (byte)'\t';
        string? tail = Follow(value);
        if (tail is not null && (needsNoEscape ? Character : Character.Step(value)) is { } character)
        {
            int count = character.IsStart && MaxLength < int.MaxValue ? Count + 1 : Count;
            next.Add(self.Replace(new RawTextFrame(MaxLength, count, tail, character)));
        }
    }

    /// <summary>The new tail; <see langword="null"/> where a tag would be whole.</summary>
    private string? Follow(byte value)
    {
        string tail = Tail + (char)value;
        return Forbidden.Contains(tail) ? null : Array.Exists(Forbidden, tag => tag.StartsWith(tail, StringComparison.Ordinal)) ? tail : value == '<' ? "<" : "";
    }
}
