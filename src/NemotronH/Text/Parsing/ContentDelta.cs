namespace NemotronH.Text.Parsing;

/// <summary>The next piece of the model's visible answer.</summary>
/// <param name="Text">The piece; not empty.</param>
public sealed record ContentDelta(string Text) : OutputEvent;
