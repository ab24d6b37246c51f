using System.Text.Json.Nodes;
using System.Text.Json.Serialization;
using NemotronH.Checkpoints;

namespace NemotronH.Evaluation.Runs;

/// <summary>Everything that determines a run's result, by name: what two runs must share for one to go on with the other's records.</summary>
[JsonConverter(typeof(RunIdentityConverter))]
public sealed class RunIdentity
{
    private readonly JsonObject _facts;

    /// <summary>Takes over the facts of a run.</summary>
    /// <param name="facts">Names and plain values, in the order in which they are shown.</param>
    internal RunIdentity(JsonObject facts) => _facts = facts;

    /// <summary>Names and values as text, in order.</summary>
    public IEnumerable<KeyValuePair<string, string>> Facts => _facts.Select(fact => KeyValuePair.Create(fact.Key, fact.Value?.ToString() ?? ""));

    /// <summary>Looks a fact up.</summary>
    /// <param name="name">Its name.</param>
    /// <returns>Its value as text, or <see langword="null"/> where there is none.</returns>
    public string? this[string name] => _facts[name]?.ToString();

    /// <summary>The facts as a JSON object of its own.</summary>
    internal JsonObject ToJson() => _facts.DeepClone().AsObject();

    /// <summary>Says how another identity differs.</summary>
    /// <returns>The first difference, as in <c>batch 8, here 4</c>; <see langword="null"/> where there is none.</returns>
    internal string? DifferenceOf(RunIdentity other)
    {
        foreach (string name in _facts.Select(fact => fact.Key).Union(other._facts.Select(fact => fact.Key)))
        {
            string here = Show(_facts, name);
            string there = Show(other._facts, name);
            if (here != there)
            {
                return $"{name} {Message.Quote(there)}, here {Message.Quote(here)}";
            }
        }

        return null;
    }

    private static string Show(JsonObject facts, string name) => facts.TryGetPropertyValue(name, out JsonNode? value) ? value?.ToString() ?? "none" : "absent";
}
