using NemotronH.Generation.Constraints.Automaton;

namespace NemotronH.Generation.Constraints.Schemas;

/// <summary>Finds schemas that are defined by themselves.</summary>
internal static class LeftRecursion
{
    /// <summary>Refuses references that lead back to themselves with no object or list between.</summary>
    /// <param name="references">What the references are to, by their pointers.</param>
    /// <exception cref="JsonSchemaException">There is one.</exception>
    public static void Refuse(IReadOnlyDictionary<string, ChoiceNode> references)
    {
        foreach ((string pointer, ChoiceNode node) in references)
        {
            HashSet<ValueNode> seen = [];
            Stack<ValueNode> open = new(node.Alternatives);
            while (open.TryPop(out ValueNode? next))
            {
                if (next == node)
                {
                    throw new JsonSchemaException($"response schema at {pointer}: is defined by itself");
                }

                if (seen.Add(next))
                {
                    next.Alternatives.ToList().ForEach(open.Push);
                }
            }
        }
    }
}
