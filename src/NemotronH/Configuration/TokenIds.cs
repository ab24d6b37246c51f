using System.Collections.Immutable;
using System.Text.Json;

namespace NemotronH.Configuration;

/// <summary>Reads fields that hold one token id or a list of them.</summary>
internal static class TokenIds
{
    /// <summary>Reads such a field.</summary>
    /// <param name="fields">The object's fields.</param>
    /// <param name="name">The field's name.</param>
    /// <returns>The ids; empty where the field is absent.</returns>
    /// <exception cref="ConfigurationException">The field is neither a non-negative integer nor a list of them.</exception>
    public static ImmutableArray<int> Read(JsonFields fields, string name) => fields.Find(name) switch
    {
        null => [],
        { Value.ValueKind: JsonValueKind.Number } id => [id.NonNegative()],
        { } list => [.. list.Elements("a non-negative integer or a list of them").Select(id => id.NonNegative())],
    };
}
