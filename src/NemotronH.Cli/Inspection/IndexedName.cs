using System.Globalization;
using System.Text.RegularExpressions;

namespace NemotronH.Cli.Inspection;

/// <summary>A tensor's or module's name, its indices taken out.</summary>
/// <param name="Pattern">The name with <c>*</c> in place of numbers between dots.</param>
/// <param name="Layer">The first index: that of the layer.</param>
internal readonly partial record struct IndexedName(string Pattern, int? Layer)
{
    /// <summary>Takes a name apart.</summary>
    public static IndexedName Of(string name)
    {
        Match first = Index().Match(name);
        int? layer = int.TryParse(first.Value, NumberStyles.None, CultureInfo.InvariantCulture, out int index) ? index : null;
        return new IndexedName(Index().Replace(name, "*"), layer);
    }

    [GeneratedRegex(@"(?<=\.)[0-9]+(?=\.|$)")]
    private static partial Regex Index();
}
