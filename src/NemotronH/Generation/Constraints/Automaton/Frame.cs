namespace NemotronH.Generation.Constraints.Automaton;

/// <summary>Where the text stands within one JSON value, or one part of it. Frames are values: equal ones accept the same continuations.</summary>
internal abstract record Frame
{
    /// <summary>Whether the part may be over here, although it might also go on, as <c>12</c> may.</summary>
    public virtual bool CanEnd => false;

    /// <summary>Whether the part is an object or a list, which counts towards the nesting.</summary>
    public virtual bool IsContainer => false;

    /// <summary>
    /// How many characters of plain text (no quotes, escapes, control characters) may follow at once; <see langword="null"/> where the frame is not at
    /// such a place. Tokens of plain text are found by their length then, without looking at their bytes.
    /// </summary>
    public virtual int? PlainCharacters => null;

    /// <summary>Reads a byte.</summary>
    /// <param name="value">The byte.</param>
    /// <param name="self">The stack whose top this frame is.</param>
    /// <param name="next">Takes the stacks that may follow; none where the byte does not fit.</param>
    public abstract void Step(byte value, ParseStack self, StackSet next);
}
