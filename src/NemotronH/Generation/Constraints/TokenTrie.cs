using NemotronH.Generation.Constraints.Automaton;

namespace NemotronH.Generation.Constraints;

/// <summary>The bytes of many tokens, beginnings shared, laid out in the order in which they are walked.</summary>
internal sealed class TokenTrie
{
    private readonly List<byte> _values = [];
    private readonly List<int> _depths = [];
    private readonly List<int> _tokens = [];
    private readonly List<int> _ends = [];

    /// <summary>Builds the trie.</summary>
    /// <param name="tokens">Ids and bytes, none of them empty, no two with the same bytes.</param>
    public TokenTrie(IEnumerable<(int Id, byte[] Bytes)> tokens)
    {
        List<int> path = [];
        byte[] previous = [];
        foreach ((int id, byte[] bytes) in tokens.OrderBy(token => token.Bytes, Comparer<byte[]>.Create((a, b) => a.AsSpan().SequenceCompareTo(b))))
        {
            int shared = previous.AsSpan().CommonPrefixLength(bytes);
            Close(path, shared);
            for (int depth = shared; depth < bytes.Length; depth++)
            {
                path.Add(_values.Count);
                _values.Add(bytes[depth]);
                _depths.Add(depth);
                _tokens.Add(depth == bytes.Length - 1 ? id : -1);
                _ends.Add(0);
            }

            Depth = Math.Max(Depth, bytes.Length);
            previous = bytes;
        }

        Close(path, 0);
    }

    /// <summary>Length of the longest token in bytes.</summary>
    public int Depth { get; }

    /// <summary>Finds the tokens that can be read.</summary>
    /// <param name="levels">Room for <see cref="Depth"/> + 1 sets; the first says what was read before.</param>
    /// <param name="allowed">Takes the tokens.</param>
    public void Collect(StackSet[] levels, TokenSet allowed)
    {
        for (int node = 0; node < _values.Count;)
        {
            StackSet next = levels[_depths[node] + 1];
            levels[_depths[node]].Step(_values[node], next);
            if (next.IsEmpty)
            {
                node = _ends[node];
                continue;
            }

            if (_tokens[node] >= 0)
            {
                allowed.Add(_tokens[node]);
            }

            node++;
        }
    }

    private void Close(List<int> path, int depth)
    {
        foreach (int node in path.Skip(depth))
        {
            _ends[node] = _values.Count;
        }

        path.RemoveRange(depth, path.Count - depth);
    }
}
