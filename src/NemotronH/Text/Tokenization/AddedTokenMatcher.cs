using System.Buffers;
using System.Diagnostics.CodeAnalysis;
using System.Globalization;
using System.Text;

namespace NemotronH.Text.Tokenization;

/// <summary>Cuts text at added tokens: the leftmost first, the longest of those that begin there.</summary>
internal sealed class AddedTokenMatcher
{
    private readonly Dictionary<string, AddedToken> _tokens;
    private readonly Dictionary<string, AddedToken>.AlternateLookup<ReadOnlySpan<char>> _lookup;
    private readonly SearchValues<string> _contents;
    private readonly int[] _lengths;

    /// <summary>Creates a matcher.</summary>
    /// <param name="tokens">What to find; contents differ.</param>
    public AddedTokenMatcher(IEnumerable<AddedToken> tokens)
    {
        _tokens = tokens.ToDictionary(token => token.Content);
        _lookup = _tokens.GetAlternateLookup<ReadOnlySpan<char>>();
        _contents = SearchValues.Create([.. _tokens.Keys], StringComparison.Ordinal);
        _lengths = [.. _tokens.Keys.Select(content => content.Length).Distinct().OrderDescending()];
    }

    /// <summary>Appends the pieces of a text, none of them empty.</summary>
    /// <param name="text">What to cut.</param>
    /// <param name="pieces">Where to append.</param>
    public void Split(ReadOnlyMemory<char> text, List<TextPiece> pieces)
    {
        ReadOnlySpan<char> span = text.Span;
        int emitted = 0;
        for (int search = 0; TryFind(span, search, out int start, out AddedToken? token);)
        {
            int end = search = start + token.Content.Length;
            if (token.SingleWord && (EndsWithWord(span[..start]) || StartsWithWord(span[end..])))
            {
                continue;
            }

            // White space that an earlier token swallowed stays with it.
            start = token.LeftStrip ? Math.Max(span[..start].TrimEnd().Length, emitted) : start;
            end = token.RightStrip ? span.Length - span[end..].TrimStart().Length : end;
            Append(text, emitted, start, pieces);
            pieces.Add(new TextPiece(ReadOnlyMemory<char>.Empty, token.Id));
            emitted = end;
        }

        Append(text, emitted, text.Length, pieces);
    }

    private static void Append(ReadOnlyMemory<char> text, int start, int end, List<TextPiece> pieces)
    {
        if (start < end)
        {
            pieces.Add(new TextPiece(text[start..end], null));
        }
    }

    private bool TryFind(ReadOnlySpan<char> text, int from, out int start, [NotNullWhen(true)] out AddedToken? token)
    {
        token = null;
        int offset = text[from..].IndexOfAny(_contents);
        start = from + offset;
        for (int i = 0; offset >= 0 && token is null && i < _lengths.Length; i++)
        {
            if (_lengths[i] <= text.Length - start)
            {
                _lookup.TryGetValue(text.Slice(start, _lengths[i]), out token);
            }
        }

        return token is not null;
    }

    private static bool StartsWithWord(ReadOnlySpan<char> text) =>
        Rune.DecodeFromUtf16(text, out Rune first, out _) == OperationStatus.Done && IsWord(first);

    private static bool EndsWithWord(ReadOnlySpan<char> text) =>
        Rune.DecodeLastFromUtf16(text, out Rune last, out _) == OperationStatus.Done && IsWord(last);

    /// <summary>Unicode's <c>\w</c> (UTS #18, annex C): alphabetic, mark, decimal digit, connector punctuation or join control.</summary>
    private static bool IsWord(Rune rune) => Rune.GetUnicodeCategory(rune) switch
    {
        UnicodeCategory.UppercaseLetter or UnicodeCategory.LowercaseLetter or UnicodeCategory.TitlecaseLetter => true,
        UnicodeCategory.ModifierLetter or UnicodeCategory.OtherLetter or UnicodeCategory.LetterNumber => true,
        UnicodeCategory.NonSpacingMark or UnicodeCategory.SpacingCombiningMark or UnicodeCategory.EnclosingMark => true,
        UnicodeCategory.DecimalDigitNumber or UnicodeCategory.ConnectorPunctuation => true,

        // Circled, squared and negative letters are the alphabetic symbols.
        UnicodeCategory.OtherSymbol => rune.Value is (>= 0x24B6 and <= 0x24E9) or (>= 0x1F130 and <= 0x1F149) or (>= 0x1F150 and <= 0x1F169)
            or (>= 0x1F170 and <= 0x1F189),
        _ => rune.Value is 0x200C or 0x200D,
    };
}
