namespace NemotronH.Text.Templates.Python;

/// <summary>How Python's <c>str.split</c>, <c>rsplit</c> and <c>splitlines</c> cut a text.</summary>
internal static class TextSplitting
{
    /// <summary>The pieces between separators.</summary>
    /// <param name="text">What to cut.</param>
    /// <param name="separator">Not empty.</param>
    /// <param name="most">How many cuts at most.</param>
    /// <param name="fromEnd">Whether the last separators count first.</param>
    public static List<string> Between(string text, string separator, int most, bool fromEnd)
    {
        List<string> pieces = [];
        int start = 0;
        int end = text.Length;
        while (pieces.Count < most)
        {
            int at = fromEnd
                ? text.AsSpan(0, end).LastIndexOf(separator)
                : text.IndexOf(separator, start, StringComparison.Ordinal);
            if (at < 0)
            {
                break;
            }

            pieces.Add(fromEnd ? text[(at + separator.Length)..end] : text[start..at]);
            (start, end) = fromEnd ? (0, at) : (at + separator.Length, end);
        }

        pieces.Add(text[start..end]);
        return InOrder(pieces, fromEnd);
    }

    /// <summary>The pieces between runs of white space; none is empty.</summary>
    /// <param name="text">What to cut.</param>
    /// <param name="most">How many cuts at most; what is left after them keeps the white space at its far end.</param>
    /// <param name="fromEnd">Whether the last runs count first.</param>
    public static List<string> Words(string text, int most, bool fromEnd)
    {
        List<string> pieces = [];
        string rest = fromEnd ? PythonText.StripEnd(text) : PythonText.StripStart(text);
        while (rest.Length > 0)
        {
            int length = pieces.Count < most ? WordLength(rest, fromEnd) : rest.Length;
            pieces.Add(fromEnd ? rest[^length..] : rest[..length]);
            rest = fromEnd ? PythonText.StripEnd(rest[..^length]) : PythonText.StripStart(rest[length..]);
        }

        return InOrder(pieces, fromEnd);
    }

    /// <summary>The lines.</summary>
    /// <param name="text">What to cut.</param>
    /// <param name="keepEnds">Whether lines keep what ends them.</param>
    public static List<string> Lines(string text, bool keepEnds)
    {
        List<string> lines = [];
        for (int start = 0; start < text.Length;)
        {
            int end = start;
            while (end < text.Length && !PythonString.IsLineBreak(text[end]))
            {
                end++;
            }

            int next = Math.Min(end + (text.AsSpan(end).StartsWith("\r\n") ? 2 : 1), text.Length);
            lines.Add(text[start..(keepEnds ? next : end)]);
            start = next;
        }

        return lines;
    }

    private static int WordLength(string text, bool fromEnd)
    {
        int length = 0;
        while (length < text.Length && !PythonString.IsSpace(fromEnd ? text[^(length + 1)] : text[length]))
        {
            length++;
        }

        return length;
    }

    private static List<string> InOrder(List<string> pieces, bool reversed)
    {
        if (reversed)
        {
            pieces.Reverse();
        }

        return pieces;
    }
}
