using System.Numerics;

namespace NemotronH.Generation.Constraints;

/// <summary>A set of token ids.</summary>
/// <param name="size">One more than the greatest id.</param>
internal sealed class TokenSet(int size)
{
    private const int WordBits = 64;
    private readonly ulong[] _words = new ulong[(size + WordBits - 1) / WordBits];

    /// <summary>Whether no id is in it.</summary>
    public bool IsEmpty => !_words.AsSpan().ContainsAnyExcept(0UL);

    /// <summary>Adds an id.</summary>
    public void Add(int id) => _words[id / WordBits] |= 1UL << (id % WordBits);

    /// <summary>Adds all ids of another set of that size.</summary>
    public void UnionWith(TokenSet other)
    {
        for (int i = 0; i < _words.Length; i++)
        {
            _words[i] |= other._words[i];
        }
    }

    /// <summary>Rules out all other tokens.</summary>
    /// <param name="logits">[V]; those beyond the set's size are ruled out too.</param>
    public void Apply(Span<float> logits)
    {
        for (int start = 0; start < logits.Length; start += WordBits)
        {
            ulong word = start / WordBits < _words.Length ? _words[start / WordBits] : 0;
            Span<float> part = logits[start..Math.Min(start + WordBits, logits.Length)];
            if (word == 0)
            {
                part.Fill(float.NegativeInfinity);
            }
            else if (word != ulong.MaxValue)
            {
                for (ulong missing = ~word; missing != 0 && BitOperations.TrailingZeroCount(missing) < part.Length; missing &= missing - 1)
                {
                    part[BitOperations.TrailingZeroCount(missing)] = float.NegativeInfinity;
                }
            }
        }
    }
}
