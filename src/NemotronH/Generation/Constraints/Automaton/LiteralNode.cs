using System.Text.Json;

namespace NemotronH.Generation.Constraints.Automaton;

/// <summary>One of the values that are given, each spelled in one way.</summary>
internal sealed class LiteralNode : ValueNode
{
    private readonly LiteralTrie _trie = new();

    /// <summary>Creates the node.</summary>
    /// <param name="values">The values with their JSON texts in UTF-8.</param>
    public LiteralNode(IReadOnlyList<(JsonElement Value, byte[] Text)> values)
    {
        Values = [.. values.Select(value => value.Value)];
        foreach ((_, byte[] text) in values)
        {
            _trie.Add(text);
        }
    }

    /// <summary>The values.</summary>
    public IReadOnlyList<JsonElement> Values { get; }

    /// <inheritdoc/>
    public override int ComputeHeight() => Values.Count > 0 ? 0 : Unreachable;

    /// <inheritdoc/>
    protected override void Open(byte first, ParseStack below, StackSet next) => ChoiceOfLiteralsFrame.Follow(_trie, first, below, next);
}
