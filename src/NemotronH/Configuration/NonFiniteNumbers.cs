using System.Buffers;

namespace NemotronH.Configuration;

/// <summary>
/// Rewrites the bare <c>NaN</c>, <c>Infinity</c> and <c>-Infinity</c> that Python's json module emits, and no strict parser reads, into the
/// spelling of transformers 5: <c>{"__float__":"Infinity"}</c>. Strings are left alone.
/// </summary>
internal sealed class NonFiniteNumbers
{
    private static readonly SearchValues<byte> TokenStarts = SearchValues.Create("\"NI-"u8);
    private static readonly SearchValues<byte> StringStops = SearchValues.Create("\"\\"u8);

    private readonly List<int> _rewrittenEnds = [];

    /// <summary>Rewrites a document; the same memory comes back where nothing had to change.</summary>
    /// <param name="json">UTF-8 text, strict JSON or not.</param>
    /// <returns>The text with every bare non-finite number respelled.</returns>
    public ReadOnlyMemory<byte> Rewrite(ReadOnlyMemory<byte> json)
    {
        ReadOnlySpan<byte> text = json.Span;
        ArrayBufferWriter<byte>? output = null;
        int copied = 0;
        int at = 0;
        while (NextStart(text, ref at))
        {
            int length = TokenLength(text[at..]);
            if (length == 0)
            {
                at += text[at] == (byte)'"' ? StringLength(text[at..]) : 1;
                continue;
            }

            output ??= new ArrayBufferWriter<byte>(text.Length + 64);
            output.Write(text[copied..at]);
            output.Write("{\"__float__\":\""u8);
            output.Write(text.Slice(at, length));
            output.Write("\"}"u8);
            _rewrittenEnds.Add(output.WrittenCount);
            at += length;
            copied = at;
        }

        output?.Write(text[copied..]);
        return output?.WrittenMemory ?? json;
    }

    /// <summary>Number of bytes that rewriting added to one line before a position in it.</summary>
    /// <param name="lineStart">Where the line begins in the rewritten text.</param>
    /// <param name="position">The position in the rewritten text.</param>
    /// <returns>What to subtract from a column of the rewritten text to get the original's.</returns>
    public int GrowthBetween(int lineStart, int position) =>
        Growth * _rewrittenEnds.Count(end => end > lineStart && end <= position);

    private static int Growth => "{\"__float__\":\"\"}"u8.Length;

    private static bool NextStart(ReadOnlySpan<byte> text, ref int at)
    {
        int step = text[at..].IndexOfAny(TokenStarts);
        at += Math.Max(step, 0);
        return step >= 0;
    }

    // No look at the neighbours is needed: where one of these names abuts something else the text is no JSON before or after.
    private static int TokenLength(ReadOnlySpan<byte> text) =>
        text.StartsWith("NaN"u8) ? 3 : text.StartsWith("Infinity"u8) ? 8 : text.StartsWith("-Infinity"u8) ? 9 : 0;

    private static int StringLength(ReadOnlySpan<byte> text)
    {
        int at = 1;
        while (at < text.Length)
        {
            int step = text[at..].IndexOfAny(StringStops);
            if (step < 0)
            {
                return text.Length;
            }

            at += step;
            if (text[at] == (byte)'"')
            {
                return at + 1;
            }

            at += 2;
        }

        return text.Length;
    }
}
