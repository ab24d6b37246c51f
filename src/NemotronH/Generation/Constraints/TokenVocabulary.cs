using System.Text;
using System.Text.Unicode;
using NemotronH.Generation.Constraints.Automaton;
using NemotronH.Text;

namespace NemotronH.Generation.Constraints;

/// <summary>A tokenizer's tokens as constraints see them: by their bytes. Made once for a model, used by any number of requests at a time.</summary>
public sealed class TokenVocabulary
{
    private readonly TokenTrie _all;
    private readonly TokenTrie _structural;
    private readonly SortedList<int, TokenSet> _plain;
    private readonly List<(int Id, byte[] Bytes)> _markup;
    private readonly int[] _endOfText;

    /// <summary>Prepares a vocabulary; a matter of tenths of a second for 131,072 tokens.</summary>
    /// <param name="tokenizer">The tokenizer. Its added tokens, special or not, are never part of a constrained text.</param>
    /// <param name="size">Number of logits. Ids beyond the tokenizer's are never chosen.</param>
    /// <param name="endOfText">Ids that end the text.</param>
    /// <exception cref="NemotronHException">The tokenizer lacks a token for a byte, so that some texts could not be finished.</exception>
    public TokenVocabulary(Tokenizer tokenizer, int size, IEnumerable<int> endOfText)
    {
        ArgumentNullException.ThrowIfNull(tokenizer);
        Tokenizer = tokenizer;
        Size = size;
        _endOfText = [.. endOfText.Where(id => id >= 0 && id < size).Distinct()];
        List<(int Id, byte[] Bytes)> tokens = [.. Enumerable.Range(0, Math.Min(size, tokenizer.VocabularySize))
            .Where(id => !_endOfText.Contains(id))
            .Select(id => (id, tokenizer.BytesOf(id, skipSpecialTokens: true).ToArray()))
            .Where(token => token.Item2.Length > 0)];
        _markup = [.. tokens.Where(token => tokenizer.IsAdded(token.Id))];
        tokens.RemoveAll(token => tokenizer.IsAdded(token.Id));
        RequireBytes(tokens);
        _all = new TokenTrie(tokens);
        _structural = new TokenTrie(tokens.Where(token => PlainLength(token.Bytes) is null));
        _plain = GroupPlain(tokens, size);
        TagClosers = [.. tokens.Where(token => token.Bytes.AsSpan().IndexOf((byte)'>') is >= 0 and int at && at < token.Bytes.Length - 1)];
    }

    /// <summary>Number of logits.</summary>
    public int Size { get; }

    /// <summary>The tokenizer.</summary>
    internal Tokenizer Tokenizer { get; }

    /// <summary>Length of the longest token in bytes.</summary>
    internal int Depth => _all.Depth;

    /// <summary>Finds the tokens that may come next.</summary>
    /// <param name="text">What was read.</param>
    /// <param name="levels">Sets to work with: <see cref="Depth"/> + 1.</param>
    internal TokenSet Allowed(StackSet text, StackSet[] levels)
    {
        TokenSet allowed = new(Size);
        foreach (IGrouping<bool, ParseStack> group in text.Stacks.GroupBy(stack => stack.Top?.PlainCharacters is not null))
        {
            levels[0].Clear();
            foreach (ParseStack stack in group)
            {
                levels[0].Add(stack);
                AllowPlain(allowed, stack.Top?.PlainCharacters ?? 0);
            }

            // Tokens of plain text are known by their length already.
            (group.Key ? _structural : _all).Collect(levels, allowed);
        }

        AllowMarkup(text.AtMarkup(), allowed);
        if (text.CanEnd)
        {
            Array.ForEach(_endOfText, allowed.Add);
        }

        return allowed;
    }

    /// <summary>Rules out the tokens that end the text.</summary>
    internal void ForbidEndOfText(Span<float> logits)
    {
        foreach (int id in _endOfText)
        {
            logits[id] = float.NegativeInfinity;
        }
    }

    /// <summary>The tokens that hold a <c>></c> and something behind it.</summary>
    internal IReadOnlyList<(int Id, byte[] Bytes)> TagClosers { get; }

    /// <summary>Whether a token ends the text.</summary>
    internal bool IsEndOfText(int token) => _endOfText.Contains(token);

    private void AllowMarkup(StackSet text, TokenSet allowed)
    {
        foreach ((int id, byte[] bytes) in text.IsEmpty ? [] : _markup)
        {
            (StackSet read, StackSet next) = (text.Copy(), new StackSet());
            foreach (byte value in bytes)
            {
                read.Step(value, next);
                (read, next) = (next, read);
            }

            if (!read.IsEmpty)
            {
                allowed.Add(id);
            }
        }
    }

    private void AllowPlain(TokenSet allowed, int characters)
    {
        int index = _plain.Count - 1;
        while (index >= 0 && _plain.GetKeyAtIndex(index) > characters)
        {
            index--;
        }

        if (index >= 0)
        {
            allowed.UnionWith(_plain.GetValueAtIndex(index));
        }
    }

    /// <summary>The tokens of plain text of at most so many characters, for each number where they become more.</summary>
    private static SortedList<int, TokenSet> GroupPlain(List<(int Id, byte[] Bytes)> tokens, int size)
    {
        SortedList<int, TokenSet> plain = [];
        TokenSet? shorter = null;
        foreach (IGrouping<int, int> group in tokens.Where(token => PlainLength(token.Bytes) is not null)
            .GroupBy(token => PlainLength(token.Bytes)!.Value, token => token.Id).OrderBy(group => group.Key))
        {
            TokenSet set = new(size);
            if (shorter is not null)
            {
                set.UnionWith(shorter);
            }

            group.ToList().ForEach(set.Add);
            plain.Add(group.Key, shorter = set);
        }

        return plain;
    }

    /// <summary>
    /// The number of code points of whole characters that need no escape in a JSON string and contain no closing tag; <see langword="null"/> for any other
    /// bytes.
    /// </summary>
    private static int? PlainLength(byte[] bytes)
    {
        bool isPlain = Utf8.IsValid(bytes) && !bytes.Any(value => value is < 0x20 or (byte)'"' or (byte)'\\') && bytes.AsSpan().IndexOf("</"u8) < 0;
        return isPlain ? Encoding.UTF8.GetString(bytes).EnumerateRunes().Count() : null;
    }

    private static void RequireBytes(List<(int Id, byte[] Bytes)> tokens)
    {
        HashSet<byte> found = [.. tokens.Where(token => token.Bytes.Length == 1).Select(token => token.Bytes[0])];
        for (int value = 0x20; value < 0xF5; value++)
        {
            if (value is not (0x7F or 0xC0 or 0xC1) && !found.Contains((byte)value))
            {
                throw new NemotronHException($"the tokenizer has no token for byte 0x{value:X2} alone; constrained decoding needs one for every byte");
            }
        }
    }
}
