namespace NemotronH.Generation.Constraints.Automaton;

/// <summary>A property that the schema names.</summary>
/// <param name="Name">Its name in UTF-8, a byte to a character; see <see cref="ObjectNode.Key"/>.</param>
/// <param name="Tail">What follows the opening quote: the name as JSON spells it, the closing quote and the colon, in UTF-8.</param>
/// <param name="Value">Its values.</param>
/// <param name="IsRequired">Whether it must be there.</param>
internal sealed record DeclaredProperty(string Name, byte[] Tail, ValueNode Value, bool IsRequired);
