using System.Buffers;
using System.Text.RegularExpressions;

namespace NemotronH.Text.Tokenization;

/// <summary>Isolates what a regular expression matches from what lies between, code point by code point.</summary>
/// <remarks>
/// .NET matches UTF-16 units and sees half an emoji where Hugging Face's engine sees a symbol. So text with astral characters is
/// matched through a copy in which one BMP character stands for each (<see cref="AstralStandIns"/>), and the cuts are carried back.
/// </remarks>
internal sealed class RegexSplitter : IPreTokenizer
{
    private readonly Regex _regex;
    private readonly AstralStandIns _standIns;

    /// <summary>Creates a splitter.</summary>
    /// <param name="pattern">What to isolate.</param>
    /// <exception cref="TokenizerException">.NET cannot compile the pattern.</exception>
    public RegexSplitter(OnigurumaPattern pattern)
    {
        try
        {
            _regex = new Regex(pattern.DotNet, RegexOptions.CultureInvariant | RegexOptions.Compiled);
        }
        catch (RegexParseException e)
        {
            throw new TokenizerException($"The pre-tokenizer's regex {pattern.Source} does not compile: {e.Message}", e);
        }

        _standIns = new AstralStandIns(pattern.Named);
    }

    /// <inheritdoc/>
    public void PreTokenize(ReadOnlyMemory<char> text, List<ReadOnlyMemory<char>> pieces)
    {
        if (text.Span.IndexOfAnyInRange('\uD800', '\uDFFF') < 0)
        {
            Isolate(text, text.Span, pieces);
            return;
        }

        char[] standIns = ArrayPool<char>.Shared.Rent(text.Length);
        int count = _standIns.Replace(text.Span, standIns);
        Isolate(text, standIns.AsSpan(0, count), pieces);
        ArrayPool<char>.Shared.Return(standIns);
    }

    /// <summary>Cuts the text where the regex cuts its copy, of which each unit is a code point of the text.</summary>
    private void Isolate(ReadOnlyMemory<char> text, ReadOnlySpan<char> copy, List<ReadOnlyMemory<char>> pieces)
    {
        Cursor cursor = new(text, copy.Length);
        foreach (ValueMatch match in _regex.EnumerateMatches(copy))
        {
            cursor.CutAt(match.Index, pieces);
            cursor.CutAt(match.Index + match.Length, pieces);
        }

        cursor.CutAt(copy.Length, pieces);
    }

    private struct Cursor(ReadOnlyMemory<char> text, int codePoints)
    {
        private int _codePoint;
        private int _unit;

        public void CutAt(int codePoint, List<ReadOnlyMemory<char>> pieces)
        {
            int start = _unit;
            _unit = text.Length == codePoints ? codePoint : Advance(text.Span, _unit, codePoint - _codePoint);
            _codePoint = codePoint;
            if (start < _unit)
            {
                pieces.Add(text[start.._unit]);
            }
        }

        private static int Advance(ReadOnlySpan<char> text, int unit, int codePoints)
        {
            for (; codePoints > 0; codePoints--)
            {
                unit += char.IsHighSurrogate(text[unit]) ? 2 : 1;
            }

            return unit;
        }
    }
}
