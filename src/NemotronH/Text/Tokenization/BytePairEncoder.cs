using System.Text;

namespace NemotronH.Text.Tokenization;

/// <summary>Turns pre-tokens into token ids by merging byte pairs, lowest rank first and leftmost first among equals.</summary>
/// <remarks>
/// <para>
/// Microsoft.ML.Tokenizers is not used for this, only to check it: its BpeTokenizer knows no <c>ignore_merges</c>, refuses a merge
/// listed twice and takes quadratic time on long pre-tokens (0.8 s for 100,000 letters, 12 s for 400,000), and its TiktokenTokenizer
/// merges by token id, which is the rank only in vocabularies numbered in merge order.
/// </para>
/// <para>Here a heap finds the next merge: n bytes cost O(n log n). An encoder keeps buffers between calls and serves one thread.</para>
/// </remarks>
internal sealed class BytePairEncoder(BpeModel model)
{
    private readonly Dictionary<string, int>.AlternateLookup<ReadOnlySpan<char>> _vocabulary =
        model.Vocabulary.GetAlternateLookup<ReadOnlySpan<char>>();

    private readonly PriorityQueue<Candidate, long> _candidates = new();
    private byte[] _bytes = [];
    private char[] _written = [];

    // A token lives at its first byte: its id (−1 once the token to its left took it in), its length, and where that left neighbour begins.
    private int[] _tokens = [];
    private int[] _lengths = [];
    private int[] _previous = [];

    /// <summary>Appends a pre-token's ids.</summary>
    /// <param name="preToken">Valid UTF-16.</param>
    /// <param name="ids">Where to append.</param>
    /// <exception cref="TokenizerException">The vocabulary cannot write one of the bytes.</exception>
    public void Encode(ReadOnlySpan<char> preToken, List<int> ids)
    {
        int count = Encoding.UTF8.GetByteCount(preToken);
        Reserve(count);
        Encoding.UTF8.GetBytes(preToken, _bytes);
        if (model.IgnoreMerges && TryFindWhole(count, out int whole))
        {
            ids.Add(whole);
            return;
        }

        StartFromBytes(count);
        MergeAll(count);
        for (int at = 0; at < count; at += _lengths[at])
        {
            ids.Add(_tokens[at]);
        }
    }

    private void Reserve(int count)
    {
        if (_bytes.Length < count)
        {
            int size = Math.Max(count, 2 * _bytes.Length);
            _bytes = new byte[size];
            _written = new char[size];
            _tokens = new int[size];
            _lengths = new int[size];
            _previous = new int[size];
        }
    }

    private bool TryFindWhole(int count, out int id)
    {
        for (int i = 0; i < count; i++)
        {
            _written[i] = ByteLevelAlphabet.ToChar(_bytes[i]);
        }

        return _vocabulary.TryGetValue(_written.AsSpan(0, count), out id);
    }

    private void StartFromBytes(int count)
    {
        for (int i = 0; i < count; i++)
        {
            _tokens[i] = model.ByteIds[_bytes[i]];
            _lengths[i] = 1;
            _previous[i] = i - 1;
            if (_tokens[i] < 0)
            {
                throw new TokenizerException($"The tokenizer's vocabulary has no token for byte 0x{_bytes[i]:X2}, and no unknown token.");
            }
        }

        for (int i = 0; i < count - 1; i++)
        {
            Consider(i, count);
        }
    }

    private void MergeAll(int count)
    {
        while (_candidates.TryDequeue(out Candidate candidate, out _))
        {
            int left = candidate.Position;
            int right = left + _lengths[left];

            // Tokens only grow: the pair is the one that was queued exactly if its left token is still there and both together are as long.
            if (_tokens[left] < 0 || right >= count || _lengths[left] + _lengths[right] != candidate.Length)
            {
                continue;
            }

            _tokens[left] = candidate.Id;
            _tokens[right] = -1;
            _lengths[left] = candidate.Length;
            if (left + candidate.Length < count)
            {
                _previous[left + candidate.Length] = left;
                Consider(left, count);
            }

            if (left > 0)
            {
                Consider(_previous[left], count);
            }
        }
    }

    /// <summary>Queues the pair that begins at a token with a right neighbour, if it merges.</summary>
    private void Consider(int left, int count)
    {
        int right = left + _lengths[left];
        if (right < count && model.Merges.TryGetValue(new TokenPair(_tokens[left], _tokens[right]), out Merge merge))
        {
            long order = ((long)merge.Rank << 32) | (uint)left;
            _candidates.Enqueue(new Candidate(left, _lengths[left] + _lengths[right], merge.Id), order);
        }
    }

    /// <summary>A pair that merged when it was queued.</summary>
    /// <param name="Position">First byte.</param>
    /// <param name="Length">Bytes of both tokens.</param>
    /// <param name="Id">The merged token.</param>
    private readonly record struct Candidate(int Position, int Length, int Id);
}
