namespace NemotronH.Generation.Constraints.Automaton;

/// <summary>Names that an object has used up.</summary>
/// <param name="Last">The latest, in UTF-8, a byte to a character.</param>
/// <param name="Earlier">The others.</param>
internal sealed record KeyList(string Last, KeyList? Earlier)
{
    /// <summary>Whether a name is among them.</summary>
    public bool Contains(string name) => Last == name || (Earlier?.Contains(name) ?? false);
}
