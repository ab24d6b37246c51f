using NemotronH.Generation.Constraints.Automaton;

namespace NemotronH.Generation.Constraints;

/// <summary>Keeps a text within what an automaton reads.</summary>
internal sealed class GrammarConstraint : TokenConstraint
{
    /// <summary>Sets of tokens kept for places in the text that come again; a few hundred kilobytes for a large vocabulary.</summary>
    private const int CacheSize = 32;

    private readonly TokenVocabulary _vocabulary;
    private readonly Dictionary<StackSet, TokenSet> _allowed = [];
    private readonly StackSet[] _levels;
    private StackSet _text = new();
    private StackSet _next = new();
    private bool _hasEnded;

    /// <summary>Creates a constraint for one text.</summary>
    /// <param name="vocabulary">The model's tokens.</param>
    /// <param name="starts">What the text may be.</param>
    public GrammarConstraint(TokenVocabulary vocabulary, params IEnumerable<ParseStack> starts)
    {
        _vocabulary = vocabulary;
        _levels = [.. Enumerable.Range(0, vocabulary.Depth + 1).Select(_ => new StackSet())];
        foreach (ParseStack start in starts)
        {
            _text.Add(start);
        }
    }

    /// <inheritdoc/>
    public override bool IsComplete => _hasEnded || _text.IsOver;

    /// <summary>Whether the text may end here.</summary>
    public bool CanEnd => _text.CanEnd;

    /// <summary>Whether anything may follow.</summary>
    public bool IsFree => _text.Stacks.Any(stack => stack.Top is FreeFrame);

    /// <inheritdoc/>
    public override void Apply(Span<float> logits)
    {
        if (!IsFree)
        {
            Allowed().Apply(logits);
        }
    }

    /// <inheritdoc/>
    /// <exception cref="NemotronHException">The token was ruled out.</exception>
    public override void Accept(int token)
    {
        if (_vocabulary.IsEndOfText(token) && CanEnd)
        {
            _hasEnded = true;
        }
        else if (!IsFree && !TryRead(token))
        {
            throw new NemotronHException($"token {token} does not fit the response format");
        }
    }

    /// <summary>Reads bytes.</summary>
    /// <param name="bytes">At least one.</param>
    /// <returns>Whether they fit; nothing is read otherwise.</returns>
    public bool TryRead(ReadOnlySpan<byte> bytes) => TryRead(_text.Copy(), bytes);

    private bool TryRead(int token)
    {
        ReadOnlySpan<byte> bytes = _vocabulary.Tokenizer.BytesOf(token, skipSpecialTokens: false);
        return TryRead(_vocabulary.Tokenizer.IsAdded(token) ? _text.AtMarkup() : _text.Copy(), bytes);
    }

    private bool TryRead(StackSet read, ReadOnlySpan<byte> bytes)
    {
        foreach (byte value in bytes)
        {
            read.Step(value, _next);
            (read, _next) = (_next, read);
        }

        if (bytes.IsEmpty || read.IsEmpty)
        {
            return false;
        }

        _text = read;
        _next = new StackSet();
        return true;
    }

    private TokenSet Allowed()
    {
        if (_allowed.TryGetValue(_text, out TokenSet? allowed))
        {
            return allowed;
        }

        if (_allowed.Count == CacheSize)
        {
            _allowed.Clear();
        }

        return _allowed[_text.Copy()] = _vocabulary.Allowed(_text, _levels);
    }
}
