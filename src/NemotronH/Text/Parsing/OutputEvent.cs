namespace NemotronH.Text.Parsing;

/// <summary>
/// A part of what a model says, recognised while it is being said: a <see cref="ReasoningDelta"/>, a <see cref="ContentDelta"/> or a <see cref="ToolCall"/>.
/// </summary>
public abstract record OutputEvent
{
    private protected OutputEvent()
    {
    }
}
