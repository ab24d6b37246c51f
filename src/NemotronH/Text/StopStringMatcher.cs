namespace NemotronH.Text;

/// <summary>Watches a stream of text for stop strings and holds back only what may be the beginning of one.</summary>
/// <remarks>
/// The text ends before the stop string that is complete first; of several complete at once, before the one that began first.
/// So the outcome does not depend on how the stream is cut into pieces. A matcher serves one text on one thread.
/// </remarks>
public sealed class StopStringMatcher
{
    private readonly string[] _stops;
    private readonly int _longest;
    private string _held = "";

    /// <summary>Creates a matcher.</summary>
    /// <param name="stopStrings">Texts that end the stream; compared character by character, case and all. May be none.</param>
    /// <exception cref="ArgumentException">One of them is empty.</exception>
    public StopStringMatcher(IEnumerable<string> stopStrings)
    {
        _stops = [.. stopStrings];
        _longest = _stops.Length == 0 ? 0 : _stops.Max(stop => stop.Length);
        if (_stops.Contains(""))
        {
            throw new ArgumentException("A stop string is empty.", nameof(stopStrings));
        }
    }

    /// <summary>The stop string that ended the text, or <see langword="null"/> while none has.</summary>
    public string? Matched { get; private set; }

    /// <summary>Takes the next piece of text.</summary>
    /// <param name="text">The piece; ignored once a stop string has matched.</param>
    /// <returns>What can be given out now: neither part of a stop string nor perhaps the beginning of one.</returns>
    public string Append(string text)
    {
        ArgumentNullException.ThrowIfNull(text);
        if (Matched is not null)
        {
            return "";
        }

        string seen = _held + text;
        int end = FindStop(seen);
        int given = end >= 0 ? end : seen.Length - CountPossibleBeginning(seen);
        _held = end >= 0 ? "" : seen[given..];
        return seen[..given];
    }

    /// <summary>Ends the text.</summary>
    /// <returns>What was held back, as no stop string came of it.</returns>
    public string Flush()
    {
        string rest = _held;
        _held = "";
        return rest;
    }

    /// <summary>Where the first stop string to be complete begins, or −1.</summary>
    private int FindStop(string seen)
    {
        int start = -1;
        int end = int.MaxValue;
        foreach (string stop in _stops)
        {
            int found = seen.IndexOf(stop, StringComparison.Ordinal);
            if (found >= 0 && (found + stop.Length < end || (found + stop.Length == end && found < start)))
            {
                (start, end, Matched) = (found, found + stop.Length, stop);
            }
        }

        return start;
    }

    /// <summary>Length of the longest end of the text that a stop string begins with.</summary>
    private int CountPossibleBeginning(string seen)
    {
        for (int length = Math.Min(_longest - 1, seen.Length); length > 0; length--)
        {
            ReadOnlySpan<char> ending = seen.AsSpan(seen.Length - length);
            foreach (string stop in _stops)
            {
                if (stop.AsSpan().StartsWith(ending, StringComparison.Ordinal))
                {
                    return length;
                }
            }
        }

        return 0;
    }
}
