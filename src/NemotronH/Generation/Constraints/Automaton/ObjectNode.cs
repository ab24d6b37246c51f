using System.Text;

namespace NemotronH.Generation.Constraints.Automaton;

/// <summary>An object: the declared properties in their order, optional ones perhaps left out, then any others.</summary>
internal sealed class ObjectNode : ValueNode
{
    /// <summary>The declared properties.</summary>
    public List<DeclaredProperty> Properties { get; } = [];

    /// <summary>The values of other properties; <see langword="null"/> where there are none.</summary>
    public ValueNode? Additional { get; set; }

    /// <summary>Whether the schema forbids other properties, and does not just go without them.</summary>
    public bool IsClosed { get; set; }

    /// <summary>Fewest properties.</summary>
    public int MinProperties { get; set; }

    /// <summary>Most properties.</summary>
    public int MaxProperties { get; set; } = int.MaxValue;

    /// <summary>Whether the number of properties matters.</summary>
    public bool IsCounted => MinProperties > 0 || MaxProperties < int.MaxValue;

    /// <summary>Whether a name is a declared one's.</summary>
    /// <param name="name">UTF-8, a byte to a character.</param>
    public bool Declares(string name) => Properties.Exists(property => property.Name == name);

    /// <inheritdoc/>
    public override int ComputeHeight()
    {
        int required = Properties.Count(property => property.IsRequired);
        IEnumerable<ValueNode> needed = Properties.Where(property => property.IsRequired || required < MinProperties).Select(property => property.Value);
        bool needsOthers = Properties.Count < MinProperties;
        int tallest = needed.Concat(needsOthers && Additional is not null ? [Additional] : []).Select(node => node.Height).DefaultIfEmpty(0).Max();
        bool isPossible = required <= MaxProperties && (!needsOthers || Additional is not null);
        return isPossible && tallest < Unreachable ? tallest + 1 : Unreachable;
    }

    /// <summary>The name of a property as its frames hold it.</summary>
    public static string Key(string name) => Encoding.Latin1.GetString(Encoding.UTF8.GetBytes(name));

    /// <inheritdoc/>
    protected override void Open(byte first, ParseStack below, StackSet next)
    {
        if (first == '{')
        {
            next.Add(below.Push(new ObjectFrame(this)));
        }
    }
}
