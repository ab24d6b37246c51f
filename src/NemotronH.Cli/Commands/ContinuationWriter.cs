namespace NemotronH.Cli.Commands;

/// <summary>Writes a text in pieces and sees to it that the last line ends.</summary>
/// <param name="output">Where the text goes, piece by piece.</param>
internal sealed class ContinuationWriter(TextWriter output)
{
    private bool _isLineOpen = true;

    /// <summary>Writes the next piece, which may be empty.</summary>
    public void Write(string piece)
    {
        if (piece.Length > 0)
        {
            output.Write(piece);
            output.Flush();
            _isLineOpen = piece[^1] != '\n';
        }
    }

    /// <summary>Ends the last line, unless the text did.</summary>
    public void EndLine()
    {
        if (_isLineOpen)
        {
            output.Write('\n');
            output.Flush();
        }
    }
}
