using System.Text.Json;
using NemotronH.Generation.Constraints.Automaton;

namespace NemotronH.Generation.Constraints.Schemas;

/// <summary>Finds out whether the alternatives of <c>oneOf</c> exclude each other, so that it means the same as <c>anyOf</c>.</summary>
internal static class Overlap
{
    private const int MaxDepth = 8;

    /// <summary>Refuses alternatives that one value may match together.</summary>
    /// <exception cref="JsonSchemaException">Two alternatives may overlap.</exception>
    public static void Refuse(SchemaPlace place, ChoiceNode choice)
    {
        ValueNode[] alternatives = [.. choice.Alternatives];
        for (int i = 0; i < alternatives.Length; i++)
        {
            for (int j = 0; j < i; j++)
            {
                if (!AreDisjoint(alternatives[j], alternatives[i], MaxDepth))
                {
                    throw place.Error($"a value might match both alternatives {j} and {i}; give them different types, or a required property with different constants");
                }
            }
        }
    }

    private static bool AreDisjoint(ValueNode a, ValueNode b, int depth)
    {
        if (depth == 0 || a.IsOpen || b.IsOpen)
        {
            return false;
        }

        return (a, b) switch
        {
            (ChoiceNode choice, _) => choice.Alternatives.All(node => AreDisjoint(node, b, depth - 1)),
            (_, ChoiceNode) => AreDisjoint(b, a, depth),
            (LiteralNode literals, LiteralNode others) => !literals.Values.Any(value => others.Values.Any(other => JsonElement.DeepEquals(value, other))),
            (LiteralNode literals, _) => literals.Values.All(value => TypeOf(value) != TypeOf(b)),
            (_, LiteralNode) => AreDisjoint(b, a, depth),
            (ObjectNode left, ObjectNode right) => Exclude(left, right, depth) || Exclude(right, left, depth),
            _ => TypeOf(a) != TypeOf(b),
        };
    }

    /// <summary>Whether a property that one object must have keeps it from being the other.</summary>
    private static bool Exclude(ObjectNode one, ObjectNode other, int depth) => one.Properties.Where(property => property.IsRequired).Any(property =>
        other.Properties.Find(candidate => candidate.Name == property.Name) is { } same
            ? AreDisjoint(property.Value, same.Value, depth - 1)
            : other.IsClosed);

    private static string TypeOf(ValueNode node) => node switch
    {
        StringNode or FormatNode => "string",
        NumberNode or BoundedNumberNode => "number",
        ObjectNode => "object",
        _ => "array",
    };

    private static string TypeOf(JsonElement value) => value.ValueKind switch
    {
        JsonValueKind.String => "string",
        JsonValueKind.Number => "number",
        JsonValueKind.Object => "object",
        JsonValueKind.Array => "array",
        _ => "literal",
    };
}
