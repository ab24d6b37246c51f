namespace NemotronH.Generation.Constraints.Automaton;

/// <summary>Where anything may follow.</summary>
internal sealed record FreeFrame : Frame
{
    /// <summary>The frame; all are equal.</summary>
    public static FreeFrame Instance { get; } = new();

    /// <inheritdoc/>
    public override bool CanEnd => true;

    /// <inheritdoc/>
    public override void Step(byte value, ParseStack self, StackSet next) => next.Add(self);
}
