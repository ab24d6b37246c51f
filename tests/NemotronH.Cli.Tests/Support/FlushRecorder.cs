namespace NemotronH.Cli.Tests.Support;

/// <summary>A stream of text that remembers in which pieces it became visible.</summary>
internal sealed class FlushRecorder : StringWriter
{
    private int _flushed;

    public FlushRecorder() => NewLine = "\n";

    /// <summary>The pieces, in order.</summary>
    public List<string> Flushed { get; } = [];

    /// <summary>Called after each piece.</summary>
    public Action? AfterFlush { get; init; }

    public override void Flush()
    {
        string whole = ToString();
        if (whole.Length > _flushed)
        {
            Flushed.Add(whole[_flushed..]);
            _flushed = whole.Length;
            AfterFlush?.Invoke();
        }
    }
}
