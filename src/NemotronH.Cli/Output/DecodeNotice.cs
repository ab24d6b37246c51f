namespace NemotronH.Cli.Output;

/// <summary>Tells that a model decodes more slowly than others of its size do, and why.</summary>
internal static class DecodeNotice
{
    /// <summary>Writes a line to stderr, if there is something to tell.</summary>
    /// <param name="streams">Where to.</param>
    /// <param name="note">See <see cref="LanguageModel.DecodeNote"/>.</param>
    public static void Write(StandardStreams streams, string? note)
    {
        if (note is not null)
        {
            streams.Error.WriteLine($"note: {note}; tokens are decoded without recorded steps, which is slower");
        }
    }
}
