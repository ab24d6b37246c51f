namespace NemotronH.Text.Tokenization;

/// <summary>Every token by its id.</summary>
internal sealed class TokenTable
{
    private readonly Dictionary<int, (string Token, byte[] Bytes)> _entries;

    /// <summary>Joins a model's vocabulary and the added tokens.</summary>
    public TokenTable(Dictionary<string, int> vocabulary, IEnumerable<AddedToken> added)
    {
        _entries = new(vocabulary.Count);
        foreach ((string token, int id) in vocabulary.Concat(added.Select(token => KeyValuePair.Create(token.Content, token.Id))))
        {
            _entries[id] = (token, ByteLevelAlphabet.ToBytes(token));
        }

        Size = _entries.Count == 0 ? 0 : _entries.Keys.Max() + 1;
    }

    /// <summary>One more than the greatest id.</summary>
    public int Size { get; }

    /// <summary>The token as the file writes it.</summary>
    public string? Token(int id) => _entries.TryGetValue(id, out (string Token, byte[]) entry) ? entry.Token : null;

    /// <summary>The bytes a token decodes to; none for an id that no token has.</summary>
    public ReadOnlySpan<byte> Bytes(int id) => _entries.TryGetValue(id, out (string, byte[] Bytes) entry) ? entry.Bytes : [];
}
