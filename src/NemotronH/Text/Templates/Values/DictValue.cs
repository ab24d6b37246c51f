using NemotronH.Text.Templates.Python;

namespace NemotronH.Text.Templates.Values;

/// <summary>A mapping that keeps its keys in the order in which they were first set.</summary>
internal sealed class DictValue : TemplateValue
{
    private readonly List<KeyValuePair<TemplateValue, TemplateValue>> _entries = [];
    private readonly Dictionary<TemplateValue, int> _positions = new(KeyComparer.Instance);

    /// <summary>Keys and values in order.</summary>
    public IReadOnlyList<KeyValuePair<TemplateValue, TemplateValue>> Entries => _entries;

    /// <inheritdoc/>
    public override string TypeName => "dict";

    /// <summary>The value of a key, or <see langword="null"/> where there is none.</summary>
    public TemplateValue? Find(TemplateValue key) =>
        KeyComparer.CanBeKey(key) && _positions.TryGetValue(key, out int position) ? _entries[position].Value : null;

    /// <summary>Sets a key while the mapping is being made; afterwards nothing changes it.</summary>
    /// <exception cref="TemplateError">The key is of a type that cannot be one.</exception>
    public void Set(TemplateValue key, TemplateValue value)
    {
        if (!KeyComparer.CanBeKey(key))
        {
            throw new TemplateError($"a dict's key is of type {key.TypeName}; expected str, int, float, bool or None");
        }

        if (_positions.TryGetValue(key, out int position))
        {
            _entries[position] = new(_entries[position].Key, value);
        }
        else
        {
            _positions.Add(key, _entries.Count);
            _entries.Add(new(key, value));
        }
    }

    /// <summary>Sets a text key.</summary>
    public void Set(string key, TemplateValue value) => Set(new StringValue(key), value);
}

/// <summary>Which part of a mapping a <see cref="DictViewValue"/> shows.</summary>
internal enum DictPart
{
    Keys,
    Values,
    Items,
}

/// <summary>What a mapping's <c>keys()</c>, <c>values()</c> and <c>items()</c> give.</summary>
internal sealed class DictViewValue(DictValue dict, DictPart part) : TemplateValue
{
    public DictValue Dict { get; } = dict;

    public DictPart Part { get; } = part;

    /// <inheritdoc/>
    public override string TypeName => Part switch { DictPart.Keys => "dict_keys", DictPart.Values => "dict_values", _ => "dict_items" };

    public IEnumerable<TemplateValue> Elements => Part switch
    {
        DictPart.Keys => Dict.Entries.Select(entry => entry.Key),
        DictPart.Values => Dict.Entries.Select(entry => entry.Value),
        _ => Dict.Entries.Select(entry => new TupleValue(entry.Key, entry.Value)),
    };
}
