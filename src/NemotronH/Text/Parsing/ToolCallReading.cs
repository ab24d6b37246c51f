namespace NemotronH.Text.Parsing;

/// <summary>What has become of a text that begins with a tool call's opening tag.</summary>
internal enum ToolCallStatus
{
    /// <summary>What follows decides whether this is a call at all.</summary>
    Undecided,

    /// <summary>It has begun like a call and needs more text.</summary>
    Incomplete,

    /// <summary>The tag stands there for itself, as in a sentence about tags.</summary>
    NotACall,

    /// <summary>It has begun like a call and then departed from the form.</summary>
    Malformed,

    /// <summary>The calls are complete.</summary>
    Complete,
}

/// <summary>What has been read of a tool call.</summary>
/// <param name="Status">How far that is.</param>
/// <param name="Length">How long the complete markup is.</param>
/// <param name="Calls">The calls in it.</param>
internal readonly record struct ToolCallReading(ToolCallStatus Status, int Length, IReadOnlyList<ToolCall> Calls)
{
    public static implicit operator ToolCallReading(ToolCallStatus status) => new(status, 0, []);
}

/// <summary>Reads tool calls of one format.</summary>
internal interface IToolCallReader
{
    /// <summary>The tag that opens a call.</summary>
    string OpeningTag { get; }

    /// <summary>Reads a call.</summary>
    /// <param name="text">What the model said from the opening tag on.</param>
    /// <param name="isWhole">Whether nothing will follow; then the result is neither undecided nor incomplete.</param>
    ToolCallReading Read(string text, bool isWhole);
}
