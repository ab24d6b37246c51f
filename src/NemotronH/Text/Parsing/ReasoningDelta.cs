namespace NemotronH.Text.Parsing;

/// <summary>The next piece of the model's reasoning, without its tags.</summary>
/// <param name="Text">The piece; not empty.</param>
public sealed record ReasoningDelta(string Text) : OutputEvent;
