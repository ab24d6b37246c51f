namespace NemotronH.Generation.Constraints.Automaton;

/// <summary>White space between the parts of an object or a list: nothing, a single space, or a line break and some indentation.</summary>
/// <param name="Length">How many characters were read.</param>
/// <param name="IsLine">Whether the first was a line break.</param>
internal readonly record struct Gap(int Length, bool IsLine)
{
    private const int IndentWidth = 2;

    /// <summary>Reads a byte.</summary>
    /// <param name="value">The byte.</param>
    /// <param name="nesting">How deep the object or list is nested; indentation goes up to two spaces for each level.</param>
    /// <returns>The gap so far; <see langword="null"/> where the byte does not belong to it.</returns>
    public Gap? Step(byte value, int nesting) => (value, Length) switch
    {
        ((byte)'\n', 0) => new Gap(1, true),
        ((byte)' ', 0) => new Gap(1, false),
        ((byte)' ', int length) when IsLine && length <= nesting * IndentWidth => this with { Length = length + 1 },
        _ => null,
    };
}
