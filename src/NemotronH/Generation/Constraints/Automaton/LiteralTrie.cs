namespace NemotronH.Generation.Constraints.Automaton;

/// <summary>Some fixed texts, of which one may be read.</summary>
internal sealed class LiteralTrie
{
    private readonly Dictionary<byte, LiteralTrie> _children = [];

    /// <summary>Whether one of the texts ends here.</summary>
    public bool IsEnd { get; private set; }

    /// <summary>Whether none of the texts goes on from here.</summary>
    public bool IsLeaf => _children.Count == 0;

    /// <summary>Adds a text.</summary>
    /// <param name="text">UTF-8, not empty.</param>
    public void Add(ReadOnlySpan<byte> text)
    {
        LiteralTrie node = this;
        foreach (byte value in text)
        {
            if (!node._children.TryGetValue(value, out LiteralTrie? child))
            {
                node._children[value] = child = new LiteralTrie();
            }

            node = child;
        }

        node.IsEnd = true;
    }

    /// <summary>Where a byte leads; <see langword="null"/> where no text goes on with it.</summary>
    public LiteralTrie? Follow(byte value) => _children.GetValueOrDefault(value);
}
